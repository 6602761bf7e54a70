//! One object, and what all of them have.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

use super::Frame;
use super::types::{Metadata, Typed};
use crate::backend::kube::{
    ANNOTATION_TARGET, LABEL_CONSUMER, LABEL_RUN, LABEL_SERVICE, LABEL_TARGET,
};
use crate::build::image::Digest;

/// What stands where a secret was.
const MASK: &str = "<secret>";

/// An object of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Object(Value);

impl Object {
    /// The object with these fields, which are a struct or a map.
    pub(super) fn new(
        api_version: &'static str,
        kind: &'static str,
        metadata: Metadata,
        fields: impl Serialize,
    ) -> anyhow::Result<Object> {
        let typed = Typed { api_version, kind, metadata, fields };
        serde_json::to_value(typed).map(Object).context("an object is JSON")
    }

    /// Such as `Deployment`.
    pub(in super::super) fn kind(&self) -> &str {
        self.0["kind"].as_str().unwrap_or_default()
    }

    /// The same without what is written nowhere.
    pub(in super::super) fn masked(mut self) -> Object {
        if self.kind() == "Secret" {
            let values = ["data", "stringData"].into_iter().filter_map(|key| {
                let values = self.0.get(key)?.as_object()?;
                let masked = values.keys().map(|key| (key.clone(), MASK.into()));
                Some((key, Value::Object(masked.collect())))
            });
            for (key, values) in values.collect::<Vec<_>>() {
                self.0[key] = values;
            }
        }
        self
    }
}

impl From<Value> for Object {
    /// The object that a manifest says.
    fn from(object: Value) -> Object {
        Object(object)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Value {
        object.0
    }
}

impl Frame<'_> {
    /// The labels of everything of the run, or of one service of it.
    pub(super) fn labels(&self, service: Option<&str>) -> BTreeMap<String, String> {
        let target = Digest::of(self.target.as_str().as_bytes()).hex();
        let mut labels = BTreeMap::from([
            (LABEL_RUN.to_owned(), self.run_id.to_string()),
            (LABEL_CONSUMER.to_owned(), self.consumer.to_owned()),
            (LABEL_TARGET.to_owned(), target[..16].to_owned()),
        ]);
        labels.extend(service.map(|service| (LABEL_SERVICE.to_owned(), service.to_owned())));
        labels
    }

    /// The metadata of an object in the namespace of the run.
    pub(super) fn metadata(&self, name: &str, service: Option<&str>) -> Metadata {
        let target = (ANNOTATION_TARGET.to_owned(), self.target.to_string());
        Metadata {
            name: Some(name.to_owned()),
            namespace: Some(self.namespace.to_owned()),
            labels: self.labels(service),
            annotations: BTreeMap::from([target]),
        }
    }
}
