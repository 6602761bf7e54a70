//! The objects that a package brings for its service, as those of a run.

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::workload::{literal, pull_policy, variables};
use super::{Frame, Object};
use crate::backend::ServiceSpec;
use crate::backend::kube::{ANNOTATION_IMAGE, ANNOTATION_TARGET, LABEL_GENERATION};
use crate::backend::manifests::{for_each_container, is_workload};

/// The objects of the package, in the namespace of the run and with its labels.
///
/// The service's own containers have the variables and arguments that metadata and suite
/// give them, and its workload as many replicas.
pub(super) fn own(frame: &Frame<'_>, spec: &ServiceSpec) -> anyhow::Result<Vec<Object>> {
    let variables = serde_json::to_value(variables(spec))?;
    let of_run = |object: &Value| of_run(frame, spec, object.clone(), &variables);
    spec.manifests.iter().map(of_run).collect()
}

fn of_run(
    frame: &Frame<'_>,
    spec: &ServiceSpec,
    mut object: Value,
    variables: &Value,
) -> anyhow::Result<Object> {
    let service = spec.service();
    let is_workload = is_workload(&object, service);
    let metadata = fields(&mut object, "metadata")?;
    metadata.insert("namespace".to_owned(), frame.namespace.into());
    let target = (ANNOTATION_TARGET.to_owned(), frame.target.as_str().into());
    fields_of(metadata, "annotations")?.extend([target]);
    let labels = frame.labels(Some(service)).into_iter();
    let labels: Map<String, Value> = labels.map(|(key, value)| (key, value.into())).collect();
    fields_of(metadata, "labels")?.extend(labels.clone());
    if is_workload {
        let workload = fields(&mut object, "spec")?;
        workload.insert("replicas".to_owned(), spec.replicas.into());
        let template = fields_of(workload, "template")?;
        let generation = (LABEL_GENERATION.to_owned(), spec.generation.to_string().into());
        let image = (ANNOTATION_IMAGE.to_owned(), spec.reference.clone().into());
        let pods = fields_of(template, "metadata")?;
        fields_of(pods, "labels")?.extend(labels.into_iter().chain([generation]));
        fields_of(pods, "annotations")?.extend([image]);
    }
    let run = frame.run_id.to_string();
    for_each_container(&mut object, &mut |container| {
        let image = container["image"].as_str().unwrap_or_default().to_owned();
        // No other image has the id of the run in its name.
        if image.contains(&run) {
            container["imagePullPolicy"] = pull_policy(frame, false).into();
        }
        if image == spec.reference {
            if !spec.args.is_empty() {
                let args = spec.args.iter().map(|arg| literal(arg));
                container["args"] = args.collect();
            }
            container["env"] = merged(&container["env"], variables);
        }
    });
    Ok(Object::from(object))
}

/// Variables, of which those of the run win.
fn merged(own: &Value, of_run: &Value) -> Value {
    let all = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let is_new = |variable: &Value| !all(of_run).iter().any(|one| one["name"] == variable["name"]);
    let kept = all(own).into_iter().filter(is_new);
    kept.chain(all(of_run)).collect()
}

/// The table below this key of an object, which is made if there is none.
fn fields<'a>(object: &'a mut Value, key: &str) -> anyhow::Result<&'a mut Map<String, Value>> {
    fields_of(object.as_object_mut().context("an object of a manifest has no fields")?, key)
}

fn fields_of<'a>(
    table: &'a mut Map<String, Value>,
    key: &str,
) -> anyhow::Result<&'a mut Map<String, Value>> {
    let value = table.entry(key.to_owned()).or_insert_with(|| json!({}));
    value.as_object_mut().with_context(|| format!("`{key}` of an object has no fields"))
}
