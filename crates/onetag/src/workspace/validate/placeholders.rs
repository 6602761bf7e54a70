//! Where the values of placeholders come from.

use std::collections::BTreeSet;

use crate::error::Attach as _;
use crate::workspace::placeholder::{Placeholder, RESERVED};
use crate::workspace::source::Source;
use crate::workspace::suggest;
use crate::workspace::topology::{Service, Workspace};

/// What the placeholders of some values may name.
pub(super) struct Scope<'a> {
    pub(super) workspace: &'a Workspace,
    /// The service that gets the values.
    pub(super) service: &'a Service,
    /// Other services whose address is known by then.
    pub(super) reachable: BTreeSet<&'a str>,
    /// Whose needs decide that, and where they are written.
    pub(super) who: String,
    pub(super) needs: Source,
}

/// # Errors
///
/// `placeholder`, in the value at `key`, has no source.
pub(super) fn check_placeholder(
    scope: &Scope<'_>,
    placeholder: &Placeholder,
    key: &Source,
) -> anyhow::Result<()> {
    let own = scope.service;
    let has = |there: bool, what: &str, example: &str| match there {
        true => Ok(()),
        false => Err(no_source(key, placeholder, own, what, example)),
    };
    match placeholder {
        Placeholder::Image | Placeholder::HostVariable(_) => Ok(()),
        Placeholder::DatabaseUrl => {
            has(!own.database.is_empty(), "database", "database = [\"sqlite\"]")
        }
        Placeholder::Volume => has(own.volume.is_some(), "volume", "volume = \"/data\""),
        Placeholder::Config => match own.external() {
            Some(external) => has(!external.config.is_empty(), "config", "config.\"name\" = \"…\""),
            None => Err(key
                .error(format!(
                    "`{placeholder}` has no source: only external services have `config`"
                ))
                .hint("what a service of the workspace reads is part of its `files`")),
        },
        Placeholder::Host => check_port(own, None, placeholder, key),
        Placeholder::Listen { port } | Placeholder::Port { port } | Placeholder::Url { port } => {
            check_port(own, port.as_deref(), placeholder, key)
        }
        Placeholder::Service { service, port, .. } => {
            let other = other_service(scope, service, placeholder, key)?;
            check_port(other, port.as_deref(), placeholder, key)
        }
    }
}

fn no_source(
    key: &Source,
    placeholder: &Placeholder,
    service: &Service,
    what: &str,
    example: &str,
) -> anyhow::Error {
    let (noun, name) = (service.noun(), &service.name);
    key.error(format!("`{placeholder}` has no source: the {noun} `{name}` has no {what}"))
        .hint(service.source.add(example))
}

/// The service itself has no name here: its addresses differ from those that
/// others use.
fn other_service<'a>(
    scope: &Scope<'a>,
    name: &str,
    placeholder: &Placeholder,
    key: &Source,
) -> anyhow::Result<&'a Service> {
    if name == scope.service.name {
        let error = key.error(format!("`{placeholder}` names the service itself"));
        return Err(error.hint("write `self` instead of its name"));
    }
    let Some(service) = scope.workspace.services.get(name) else {
        let fault = format!("`{placeholder}` has no source: no service named `{name}`");
        if name == "store" {
            return Err(key.error(fault).hint("`{store.url}` is called `{database.url}` now"));
        }
        let services = scope.workspace.services.keys().map(String::as_str);
        let words = services.chain(RESERVED);
        return Err(key.error(fault).hint(suggest::among(name, "known are", words)));
    };
    if !scope.reachable.contains(name) {
        let (who, needs) = (&scope.who, &scope.needs);
        return Err(key
            .error(format!("`{placeholder}` has no source: {who} does not need `{name}`"))
            .hint(format!("add \"{name}\" to {} in {}", needs.table(), needs.manifest())));
    }
    Ok(service)
}

fn check_port(
    service: &Service,
    port: Option<&str>,
    placeholder: &Placeholder,
    key: &Source,
) -> anyhow::Result<()> {
    let Some(port) = port else {
        return match service.port {
            Some(_) => Ok(()),
            None => Err(no_source(key, placeholder, service, "port", "port = 8080")),
        };
    };
    if service.ports.contains_key(port) {
        return Ok(());
    }
    let what = format!("port named `{port}`");
    let error = no_source(key, placeholder, service, &what, &format!("ports.{port} = 9090"));
    match suggest::closest(port, service.ports.keys()) {
        Some(likely) => Err(error.hint(format!("or did you mean the port `{likely}`?"))),
        None => Err(error),
    }
}

#[cfg(test)]
#[path = "placeholders_tests.rs"]
mod tests;
