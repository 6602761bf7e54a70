//! What a new run would apply, before there is one; for `plan`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::namespace_name;
use super::objects::{self, Frame, Object, PodSecurity, PullPolicy};
use crate::backend::spec::SpecSource;
use crate::backend::{
    Addresses, BackendKind, ClusterChoice, ImageRoute, ServicePorts, StoredImage, source_of,
};
use crate::build::image::Digest;
use crate::database::{Access, ServerUrl};
use crate::run::{Layout, Reference, RunId, Tag};
use crate::workspace::{ClusterSettings, DATABASE_SERVER, Plan, PlannedService};

/// What the objects of a run are made of.
pub(crate) struct Preview<'a> {
    pub(crate) kind: BackendKind,
    pub(crate) layout: Layout,
    pub(crate) plan: &'a Plan,
    pub(crate) cluster: &'a ClusterChoice,
    pub(crate) settings: &'a ClusterSettings,
    /// The server of PostgreSQL that somebody named.
    pub(crate) server: Option<&'a ServerUrl>,
}

impl Preview<'_> {
    /// The objects that are applied in one go each, and what they are; without secrets.
    ///
    /// # Errors
    ///
    /// A placeholder has no source.
    pub(crate) fn steps(&self) -> anyhow::Result<Vec<(String, Vec<Value>)>> {
        let run_id = RunId::placeholder();
        let externals = self.services().any(|planned| planned.service.external().is_some());
        let frame = Frame {
            run_id,
            consumer: &self.plan.suite,
            namespace: &namespace_name(run_id),
            target: self.layout.base(),
            settings: self.settings,
            pull: match self.cluster.images {
                Some(ImageRoute::Registry(_)) => PullPolicy::IfNotPresent,
                _ => PullPolicy::Never,
            },
            security: if externals { PodSecurity::Baseline } else { PodSecurity::Restricted },
        };
        let mut namespace = objects::namespace(&frame)?;
        if self.settings.pull_secret.is_some() {
            let hidden = json!({
                "type": "kubernetes.io/dockerconfigjson",
                "data": { ".dockerconfigjson": "" },
            });
            namespace.push(objects::copied_pull_secret(&frame, &hidden)?);
        }
        let mut steps = vec![("namespace".to_owned(), shown(namespace))];
        let (addresses, references) = (self.addresses(run_id)?, self.references(run_id));
        let source = SpecSource {
            kind: self.kind,
            run_id,
            addresses: &addresses,
            references: &references,
            is_preview: true,
        };
        for (at, level) in self.plan.levels.iter().enumerate() {
            let mut objects = Vec::new();
            for planned in level {
                let reference = self.reference(run_id, planned);
                let spec = source.spec(&reference, &no_image(), planned)?;
                objects.extend(objects::service(&frame, &spec, spec.ports.is_external)?);
            }
            let names: Vec<&str> =
                level.iter().map(|planned| planned.service.name.as_str()).collect();
            steps.push((format!("level {}: {}", at + 1, names.join(", ")), shown(objects)));
        }
        Ok(steps)
    }

    fn services(&self) -> impl Iterator<Item = &PlannedService> {
        self.plan.services()
    }

    /// Where services will listen, which no cluster has to tell.
    fn addresses(&self, run_id: RunId) -> anyhow::Result<Addresses> {
        let runtime = (self.kind.backend().runtime)(&self.layout.run(run_id));
        let of = |planned: &PlannedService| {
            let ports = ServicePorts::of(&planned.service);
            anyhow::Ok((ports.service.clone(), runtime.addresses(&ports)?))
        };
        let services: BTreeMap<_, _> = self.services().map(of).collect::<anyhow::Result<_>>()?;
        let mut database = Access::preview(run_id, self.plan, self.server);
        if let (Some(access), Some(server)) = (&mut database, services.get(DATABASE_SERVER)) {
            let own = server.own.as_ref().context("a server has a port")?;
            access.found_at(&own.internal);
        }
        Ok(Addresses { services, database, ..Addresses::default() })
    }

    fn reference(&self, run_id: RunId, planned: &PlannedService) -> Reference {
        let (name, tag) = (&planned.service.name, Tag::new(&self.plan.suite, run_id, 1));
        match planned.service.external() {
            Some(external) => Reference::of_external(name, &tag, &source_of(external, self.kind)),
            None => Reference::new(name, &tag, self.cluster.registry()),
        }
    }

    /// Of all images that are built.
    fn references(&self, run_id: RunId) -> BTreeMap<String, String> {
        let own = self.services().filter(|planned| planned.service.external().is_none());
        let reference = |planned: &PlannedService| {
            let name = planned.service.name.clone();
            (name, self.reference(run_id, planned).to_string())
        };
        own.map(reference).collect()
    }
}

fn shown(objects: Vec<Object>) -> Vec<Value> {
    objects.into_iter().map(|object| Value::from(object.masked())).collect()
}

/// No object has anything of it.
fn no_image() -> StoredImage {
    StoredImage { digest: Digest::of(b""), details: Value::Null }
}
