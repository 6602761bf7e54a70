//! How a service is started, from its metadata and what was prepared.

use std::collections::BTreeMap;

use super::manifests::with_references;
use super::wiring::{self, Wired};
use super::{Addresses, BackendKind, ExternalForm, ServicePorts, ServiceSpec, StoredImage};
use crate::database::Access;
use crate::run::{Reference, RunId};
use crate::workspace::{DatabaseKind, PlannedService};

/// The variable in which images of PostgreSQL get the password of the server's owner.
const SERVER_PASSWORD: &str = "POSTGRES_PASSWORD";

/// What the specifications of a run are made of.
pub(super) struct SpecSource<'a> {
    pub(super) kind: BackendKind,
    pub(super) run_id: RunId,
    pub(super) addresses: &'a Addresses,
    /// The names of images that the run has built, by service.
    pub(super) references: &'a BTreeMap<String, String>,
    /// Whether they are only shown.
    pub(super) is_preview: bool,
}

impl SpecSource<'_> {
    /// How a service is started.
    pub(super) fn spec(
        &self,
        reference: &Reference,
        image: &StoredImage,
        planned: &PlannedService,
    ) -> anyhow::Result<ServiceSpec> {
        let service = &planned.service;
        let own = wiring::OwnValues {
            image: reference.to_string(),
            run_id: self.run_id,
            backend: self.kind,
            is_preview: self.is_preview,
        };
        let wired = wiring::resolve(planned, &own, self.addresses)?;
        let Wired { args, mut environment, config } = wired;
        let mut secrets = wiring::secrets(planned);
        let is_server = service.external().is_some_and(|external| external.is_database);
        // The data of a program know its password already.
        let is_image = is_server && self.kind.backend().externals == ExternalForm::Image;
        let access = self.addresses.database.as_ref().filter(|_| is_image);
        if let Some(password) = access.and_then(Access::server_password) {
            environment.insert(SERVER_PASSWORD.to_owned(), password.to_owned());
            secrets.insert(SERVER_PASSWORD.to_owned());
        }
        Ok(ServiceSpec {
            run_id: self.run_id,
            generation: reference.tag().generation(),
            ports: ServicePorts::of(service),
            reference: reference.to_string(),
            image: image.clone(),
            args,
            environment,
            secrets,
            config,
            ready: service.ready.clone(),
            ready_key: format!("`ready` in {}", service.manifest_path),
            needs: wiring::needs(planned),
            database: planned.database == Some(DatabaseKind::Sqlite),
            memory: service.memory,
            replicas: service.replicas,
            manifests: with_references(&planned.manifests, |name| {
                self.references.get(name).cloned()
            }),
        })
    }
}
