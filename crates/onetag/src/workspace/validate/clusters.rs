//! The keys that only runs in clusters read.

use crate::error::Attach as _;
use crate::workspace::source::Source;
use crate::workspace::topology::{Service, Workspace};
use camino::{Utf8Component, Utf8Path};

pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for service in workspace.services.values() {
        service.manifests.iter().try_for_each(|pattern| check_manifests(service, pattern))?;
    }
    let manifest = workspace.root.join("Cargo.toml");
    let source = Source::new(&workspace.root, &manifest, "workspace.metadata.onetag.kube");
    let settings = &workspace.kube;
    if let Some(secret) = &settings.pull_secret {
        let parts: Vec<&str> = secret.split('/').collect();
        if parts.len() != 2 || !parts.iter().all(|part| is_name(part)) {
            let error = source.key("pull-secret").error(format!("`{secret}` names no secret"));
            return Err(error.hint("write `<namespace>/<name>`: it is copied from there"));
        }
    }
    if let Some(account) = settings.service_account.as_ref().filter(|name| !is_name(name)) {
        let fault = format!("`{account}` cannot be the name of a service account");
        return Err(source.key("service-account").error(fault));
    }
    Ok(())
}

/// Whether objects of Kubernetes can be called so: RFC 1123, as most of them have it.
fn is_name(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 253
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().last().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || b"-.".contains(&byte))
}

/// What is there is looked at when a run begins.
fn check_manifests(service: &Service, pattern: &Utf8Path) -> anyhow::Result<()> {
    let mut components = pattern.components();
    let is_below = components.all(|component| matches!(component, Utf8Component::Normal(_)));
    if is_below && !pattern.as_str().is_empty() {
        return Ok(());
    }
    let error =
        service.source.key("manifests").error(format!("`{pattern}` is not below the package"));
    Err(error.hint("files are named by their paths from the package's own folder, with `*` for several, for example `k8s/*.yaml`"))
}

#[cfg(test)]
#[path = "clusters_tests.rs"]
mod tests;
