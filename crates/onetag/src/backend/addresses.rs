//! Where the services of a run answer.

use std::collections::BTreeMap;

use anyhow::anyhow;

/// The ports of a run's services, all on 127.0.0.1.
#[derive(Clone, Debug, Default)]
pub struct Addresses(BTreeMap<String, u16>);

impl Addresses {
    /// The only address that services and tests of a run use on `process`.
    pub(crate) const HOST: &str = "127.0.0.1";

    /// What a port is called in leases: `orders`, or `orders.grpc` for a further
    /// port. Names of services have no dots.
    pub(crate) fn lease(service: &str, port: Option<&str>) -> String {
        match port {
            None => service.to_owned(),
            Some(port) => format!("{service}.{port}"),
        }
    }

    pub(crate) fn insert(&mut self, lease: &str, port: u16) {
        self.0.insert(lease.to_owned(), port);
    }

    pub(crate) fn port(&self, service: &str, port: Option<&str>) -> anyhow::Result<u16> {
        let lease = Self::lease(service, port);
        self.0.get(&lease).copied().ok_or_else(|| anyhow!("`{lease}` has no address"))
    }

    pub(crate) fn authority(&self, service: &str, port: Option<&str>) -> anyhow::Result<String> {
        Ok(format!("{}:{}", Self::HOST, self.port(service, port)?))
    }

    pub(crate) fn url(&self, service: &str, port: Option<&str>) -> anyhow::Result<String> {
        Ok(format!("http://{}", self.authority(service, port)?))
    }
}
