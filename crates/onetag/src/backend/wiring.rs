//! The environment of a service: what its metadata says, with addresses.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{anyhow, bail};
use camino::Utf8PathBuf;

use crate::run::{Reference, RunFolder};
use crate::workspace::{DatabaseKind, Placeholder, PlannedService, ServiceField, Template, Values};

/// What services get of the host's environment; everything else stays outside,
/// so that a run does not depend on who starts it.
const ALLOWED: [&str; 8] =
    ["PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "RUST_LOG", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];

/// The ports of a run's services, all on 127.0.0.1.
#[derive(Clone, Debug, Default)]
pub struct Addresses(BTreeMap<String, u16>);

impl Addresses {
    const HOST: &str = "127.0.0.1";

    pub(crate) fn insert(&mut self, service: &str, port: u16) {
        self.0.insert(service.to_owned(), port);
    }

    pub(crate) fn port(&self, service: &str) -> anyhow::Result<u16> {
        self.0.get(service).copied().ok_or_else(|| anyhow!("service `{service}` has no address"))
    }

    pub(crate) fn url(&self, service: &str) -> anyhow::Result<String> {
        Ok(format!("http://{}:{}", Self::HOST, self.port(service)?))
    }
}

/// What is a service's own.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    /// The name of its image.
    pub(crate) image: String,
    pub(crate) run_id: String,
    /// A folder that outlives a restart.
    pub(crate) volume: Utf8PathBuf,
    /// The file of its database.
    pub(crate) database: Utf8PathBuf,
}

/// The whole environment of a service, but for the owner, which the keeper sets.
pub(super) fn environment(
    planned: &PlannedService,
    reference: &Reference,
    folder: &RunFolder,
    addresses: &Addresses,
) -> anyhow::Result<BTreeMap<String, String>> {
    let name = &planned.service.name;
    let own = Own {
        image: reference.to_string(),
        run_id: folder.run_id().to_string(),
        volume: folder.volume(name),
        database: folder.database(name),
    };
    wired(planned, &own, addresses)
}

/// What a service gets of the host's environment, and its variables with the
/// values of their placeholders.
pub(crate) fn wired(
    planned: &PlannedService,
    own: &Own,
    addresses: &Addresses,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut environment = BTreeMap::new();
    for key in ALLOWED {
        if let Ok(value) = std::env::var(key) {
            environment.insert(key.to_owned(), value);
        }
    }
    let wiring = Wiring { planned, own, addresses };
    for (key, template) in &planned.env {
        environment.insert(key.clone(), crate::workspace::resolve(template, &wiring)?);
    }
    environment.insert(onetag_env::keys::IMAGE.to_owned(), own.image.clone());
    environment.insert(onetag_env::keys::RUN_ID.to_owned(), own.run_id.clone());
    Ok(environment)
}

/// The variables of a service as its metadata writes them, to see later whether
/// they are others.
pub(crate) fn variables(planned: &PlannedService) -> BTreeMap<String, String> {
    planned.env.iter().map(|(key, template)| (key.clone(), template.to_string())).collect()
}

/// The services that this one talks to: those of its metadata, and those that
/// the suite's variables name.
pub(super) fn needs(planned: &PlannedService) -> Vec<String> {
    let named = planned.env.values().flat_map(Template::placeholders).filter_map(|placeholder| {
        match placeholder {
            Placeholder::Service { service, .. } => Some(service),
            _ => None,
        }
    });
    let all: BTreeSet<&String> = planned.service.needs.iter().chain(named).collect();
    all.into_iter().cloned().collect()
}

/// The file of the service's database, if it asks for one that is a file.
pub(super) fn database(planned: &PlannedService, folder: &RunFolder) -> Option<Utf8PathBuf> {
    let mut placeholders = planned.env.values().flat_map(Template::placeholders);
    let asks = placeholders.any(|placeholder| matches!(placeholder, Placeholder::DatabaseUrl));
    asks.then(|| folder.database(&planned.service.name))
}

/// Where the placeholders of one service get their values.
struct Wiring<'a> {
    planned: &'a PlannedService,
    own: &'a Own,
    addresses: &'a Addresses,
}

impl Values for Wiring<'_> {
    fn value(&self, placeholder: &Placeholder) -> anyhow::Result<String> {
        let (name, own) = (&self.planned.service.name, self.own);
        Ok(match placeholder {
            Placeholder::Listen { port: None } => {
                format!("{}:{}", Addresses::HOST, self.addresses.port(name)?)
            }
            Placeholder::Host => Addresses::HOST.to_owned(),
            Placeholder::Port { port: None } => self.addresses.port(name)?.to_string(),
            Placeholder::Url { port: None } => self.addresses.url(name)?,
            Placeholder::Volume => own.volume.to_string(),
            Placeholder::Image => own.image.clone(),
            Placeholder::DatabaseUrl => {
                if !self.planned.service.database.contains(&DatabaseKind::Sqlite) {
                    bail!(
                        "service `{name}` has no database that the backend `process` offers\n\
                         hint: add \"sqlite\" to `database` in {}",
                        self.planned.service.manifest_path
                    );
                }
                format!("sqlite://{}", own.database)
            }
            Placeholder::Service { service, port: None, field } => match field {
                ServiceField::Url => self.addresses.url(service)?,
                ServiceField::Host => Addresses::HOST.to_owned(),
                ServiceField::Port => self.addresses.port(service)?.to_string(),
            },
            placeholder => bail!("`{placeholder}` has no source on the backend `process` yet"),
        })
    }
}
