//! Where the services of a run listen, and where they find each other.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow, bail};

use super::{Endpoint, ServiceAddresses};
use crate::database::Access;
use crate::workspace::{Placeholder, PlannedService, Values, resolve};

/// What the backend prepared for the services of a run.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    pub(crate) services: BTreeMap<String, ServiceAddresses>,
    /// What suites can ask for.
    pub(crate) capabilities: BTreeSet<String>,
    /// How its PostgreSQL databases are reached, if it has some.
    pub(crate) database: Option<Access>,
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

    /// Where services of the run find a port that one of them may name.
    pub(crate) fn internal_url(
        &self,
        planned: &PlannedService,
        service: &str,
        port: Option<&str>,
    ) -> anyhow::Result<String> {
        url(planned, service, port, &self.endpoint(service, port)?.internal)
    }
}

/// The address of a port that is reached at `<host>:<port>`: HTTP's, unless it is an
/// external service that has another one.
pub(super) fn url(
    planned: &PlannedService,
    service: &str,
    port: Option<&str>,
    authority: &str,
) -> anyhow::Result<String> {
    match (planned.urls.get(service), port) {
        (Some(url), None) => resolve(url, &Authority(authority)),
        _ => Ok(format!("http://{authority}")),
    }
}

/// What an address is made of.
struct Authority<'a>(&'a str);

impl Values for Authority<'_> {
    fn value(&self, placeholder: &Placeholder) -> anyhow::Result<String> {
        let (host, port) = split(self.0)?;
        match placeholder {
            Placeholder::Host => Ok(host.to_owned()),
            Placeholder::Port { port: None } => Ok(port.to_owned()),
            other => bail!("`{other}` is no part of an address"),
        }
    }
}

/// The two parts of `<host>:<port>`.
pub(super) fn split(authority: &str) -> anyhow::Result<(&str, &str)> {
    authority.rsplit_once(':').with_context(|| format!("`{authority}` has no port"))
}
