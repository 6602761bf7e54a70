//! Names that give one variable of the environment file.

use std::collections::BTreeMap;

use anyhow::anyhow;
use onetag_env::keys;

use crate::error::{Attach as _, Kind};
use crate::workspace::source::Source;
use crate::workspace::topology::{Service, Workspace};

/// # Errors
///
/// Two names give one variable, as `orders-grpc` and the port `grpc` of `orders`.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let mut all: BTreeMap<String, Source> = BTreeMap::new();
    for service in workspace.services.values() {
        for (variable, source) in variables(service) {
            let Some(other) = all.insert(variable.clone(), source.clone()) else { continue };
            return Err(anyhow!("two names give the variable {variable}\n  {other}\n  {source}"))
                .kind(Kind::Metadata)
                .hint("rename one of them; a service by the key `name`");
        }
    }
    Ok(())
}

/// The variables of a service, and what names them.
fn variables(service: &Service) -> Vec<(String, Source)> {
    let name = &service.name;
    let own = [keys::IMAGE_SUFFIX, keys::DIGEST_SUFFIX].into_iter();
    let urls = [keys::URL_SUFFIX, keys::INTERNAL_URL_SUFFIX];
    let own = own.chain(service.port.map(|_| urls).into_iter().flatten());
    let own = own.map(|suffix| (keys::service_key(name, suffix), service.source.clone()));
    let of_ports = service.ports.keys().flat_map(|port| {
        let source = service.source.key("ports").key(port);
        urls.map(|suffix| (keys::port_key(name, port, suffix), source.clone()))
    });
    own.chain(of_ports).collect()
}

#[cfg(test)]
#[path = "variables_tests.rs"]
mod tests;
