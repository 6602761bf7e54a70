//! The ports of a run's services: leases of 127.0.0.1 that the keeper holds.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::Mutex;

use anyhow::{Context as _, anyhow};

use super::{LOCALHOST, ServicePorts, lock};
use crate::run::ledger::{BackendResource, Ledger};
use crate::system::bind_lease;

/// What the ledger calls a lease.
pub(super) const PORT: &str = "port";

/// Bound sockets that never listen, by service and port.
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<BTreeMap<String, (OwnedFd, u16)>>);

impl Leases {
    /// Leases each port that is not leased yet: the one that it had `before`, if any.
    /// Returns all ports, those of before included.
    pub(super) fn prepare(
        &self,
        services: &[ServicePorts],
        before: &BTreeMap<String, u16>,
        ledger: &Ledger,
    ) -> anyhow::Result<BTreeMap<String, u16>> {
        let mut all = before.clone();
        let mut leases = lock(&self.0);
        for service in services {
            for name in service.names().map(|port| lease_name(&service.service, port)) {
                if leases.contains_key(&name) {
                    continue;
                }
                let wanted = all.get(&name).copied();
                let lease = bind_lease(wanted.unwrap_or(0)).with_context(|| match wanted {
                    Some(port) => format!("port {port} of `{name}` is used by another process now"),
                    None => format!("no port of {LOCALHOST} for `{name}`"),
                })?;
                ledger.owns(&BackendResource::new(PORT, &name, lease.1.into()))?;
                all.insert(name.clone(), lease.1);
                leases.insert(name, lease);
            }
        }
        Ok(all)
    }

    /// Whether nothing was leased yet.
    pub(super) fn are_none(&self) -> bool {
        lock(&self.0).is_empty()
    }

    /// The port that was leased for a port of a service.
    pub(super) fn port(&self, service: &str, port: Option<&str>) -> anyhow::Result<u16> {
        let name = lease_name(service, port);
        lock(&self.0)
            .get(&name)
            .map(|(_, port)| *port)
            .ok_or_else(|| anyhow!("`{name}` has no port"))
    }
}

/// What a port is called: `orders`, or `orders.grpc` for a further one. Names of
/// services have no dots.
fn lease_name(service: &str, port: Option<&str>) -> String {
    port.map_or_else(|| service.to_owned(), |port| format!("{service}.{port}"))
}
