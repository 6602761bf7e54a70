//! Objects for clusters that a package brings itself, by the key `manifests`.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize as _;
use serde_json::Value;

use crate::error::{Attach as _, Kind};
use crate::workspace::{Plan, Service, Workspace};

/// What runs the pods of a service.
const WORKLOADS: [&str; 2] = ["Deployment", "StatefulSet"];

/// Kinds of objects that lie in no namespace, but for those whose names begin with
/// `Cluster`: they would be there when the run is gone.
const OUTSIDE: [&str; 9] = [
    "APIService",
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];

/// Reads the manifests of all services of a plan.
///
/// # Errors
///
/// They are not there, are no objects of one service, or name an image that is neither of
/// this run nor allowed by the workspace.
pub(crate) fn read_manifests(workspace: &Workspace, plan: &mut Plan) -> anyhow::Result<()> {
    let own = plan.services().map(|planned| &planned.service);
    let own = own.filter(|service| service.external().is_none());
    let own: BTreeSet<String> = own.map(|service| service.name.clone()).collect();
    for planned in plan.levels.iter_mut().flatten() {
        let service = &planned.service;
        let read = || {
            let mut objects = Vec::new();
            for file in files(service)? {
                let read = read(&file).with_context(|| format!("{file} is no manifest"))?;
                for object in &read {
                    check(object, workspace, &own).with_context(|| format!("{file} is refused"))?;
                }
                objects.extend(read);
            }
            let mut workloads = objects.iter().filter(|object| runs_pods(object));
            let is_one = workloads.next().is_some_and(|object| is_workload(object, &service.name))
                && workloads.next().is_none();
            if service.manifests.is_empty() || is_one {
                return Ok(objects);
            }
            Err(anyhow!("`{}` has not exactly one workload", service.name)).hint(format!(
                "of all Deployments and StatefulSets there is one, named `{}`; others are services \
                 of their own",
                service.name
            ))
        };
        planned.manifests =
            read().with_context(|| service.key("manifests")).kind(Kind::Metadata)?;
    }
    Ok(())
}

/// Whether an object runs the pods of a service.
pub(super) fn is_workload(object: &Value, service: &str) -> bool {
    runs_pods(object) && object["metadata"]["name"] == service
}

fn runs_pods(object: &Value) -> bool {
    object["kind"].as_str().is_some_and(|kind| WORKLOADS.contains(&kind))
}

/// The files that a service names, in its order.
fn files(service: &Service) -> anyhow::Result<Vec<Utf8PathBuf>> {
    let folder = service.manifest_path.parent().context("a manifest lies in a folder")?;
    let mut files = Vec::new();
    for pattern in &service.manifests {
        let path = format!("{}/{pattern}", glob::Pattern::escape(folder.as_str()));
        let before = files.len();
        for file in glob::glob(&path).with_context(|| format!("`{pattern}` is no pattern"))? {
            files.push(Utf8PathBuf::try_from(file?)?);
        }
        if files.len() == before {
            return Err(anyhow!("there is no file `{pattern}` in {folder}"));
        }
    }
    Ok(files)
}

/// The objects of a file.
fn read(file: &Utf8Path) -> anyhow::Result<Vec<Value>> {
    let text = std::fs::read_to_string(file).context("it cannot be read")?;
    let documents = yaml_serde::Deserializer::from_str(&text).map(Value::deserialize);
    let documents = documents.collect::<Result<Vec<_>, _>>()?;
    // What is between two `---` may be comments alone.
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

fn check(object: &Value, workspace: &Workspace, own: &BTreeSet<String>) -> anyhow::Result<()> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let kind = text(&object["kind"]).context("an object has no `kind`")?;
    let name = text(&object["metadata"]["name"]);
    let name = name.with_context(|| format!("a {kind} has no `metadata.name`"))?;
    if OUTSIDE.contains(&kind.as_str()) || kind.starts_with("Cluster") {
        return Err(anyhow!("the {kind} `{name}` would outlive the run: it is in no namespace")
            .hint("make it beforehand, for all runs"));
    }
    let allowed = &workspace.allowed_images;
    let mut refused = None;
    for_each_image(&mut object.clone(), &mut |image| {
        let is_known = own.contains(named(image)) || allowed.contains(image);
        if !is_known {
            refused.get_or_insert_with(|| image.clone());
        }
    });
    match refused {
        None => Ok(()),
        Some(image) => {
            let manifest = workspace.root.join("Cargo.toml");
            Err(anyhow!("no run builds the image `{image}` of the {kind} `{name}`").hint(format!(
                "name a service of this run, or add \"{image}\" to `allow-images` in \
                 [workspace.metadata.onetag] of {manifest}"
            )))
        }
    }
}

/// What an image is called without registry, path, tag and digest.
fn named(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split(['@', ':']).next().unwrap_or(last)
}

/// Gives the images of services the names that the run has for them.
pub(super) fn with_references(
    objects: &[Value],
    reference: impl Fn(&str) -> Option<String>,
) -> Vec<Value> {
    let mut objects = objects.to_vec();
    for object in &mut objects {
        for_each_image(object, &mut |image| {
            if let Some(reference) = reference(named(image)) {
                *image = reference;
            }
        });
    }
    objects
}

/// Visits the images of all containers of an object.
fn for_each_image(object: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    for_each_container(object, &mut |container| {
        if let Some(Value::String(image)) = container.get_mut("image") {
            visit(image);
        }
    });
}

/// Visits all containers of an object, wherever it has pods.
pub(super) fn for_each_container(object: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    match object {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    (
                        "containers" | "initContainers" | "ephemeralContainers",
                        Value::Array(all),
                    ) => {
                        all.iter_mut().for_each(&mut *visit);
                    }
                    (_, value) => for_each_container(value, visit),
                }
            }
        }
        Value::Array(values) => {
            values.iter_mut().for_each(|value| for_each_container(value, visit));
        }
        _ => {}
    }
}

#[cfg(test)]
#[path = "manifests_tests.rs"]
mod tests;
