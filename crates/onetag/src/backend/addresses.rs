//! Where the services of a run listen, and where they find each other.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};

use super::{Endpoint, ServiceAddresses};

/// What the backend prepared for the services of a run.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    pub(crate) services: BTreeMap<String, ServiceAddresses>,
    /// What suites can ask for.
    pub(crate) capabilities: BTreeSet<String>,
}

impl Addresses {
    pub(crate) fn of(&self, service: &str) -> anyhow::Result<&ServiceAddresses> {
        self.services.get(service).ok_or_else(|| anyhow!("`{service}` was not prepared"))
    }

    pub(crate) fn endpoint(&self, service: &str, port: Option<&str>) -> anyhow::Result<&Endpoint> {
        let addresses = self.of(service)?;
        match port {
            None => addresses.own.as_ref().with_context(|| format!("`{service}` has no port")),
            Some(port) => addresses
                .ports
                .get(port)
                .with_context(|| format!("`{service}` has no port `{port}`")),
        }
    }

    /// Where services of the run find a port.
    pub(crate) fn internal_url(&self, service: &str, port: Option<&str>) -> anyhow::Result<String> {
        Ok(format!("http://{}", self.endpoint(service, port)?.internal))
    }
}

/// The two parts of `<host>:<port>`.
pub(super) fn split(authority: &str) -> anyhow::Result<(&str, &str)> {
    authority.rsplit_once(':').with_context(|| format!("`{authority}` has no port"))
}
