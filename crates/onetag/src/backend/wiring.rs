//! The environment and the arguments of a service: what its metadata says, with
//! addresses.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};

use super::addresses::split;
use super::{Addresses, BackendKind, ExternalForm, Settings};
use crate::build::image::Digest;
use crate::error::Attach as _;
use crate::run::RunId;
use crate::workspace::{
    DatabaseKind, External, Placeholder, Plan, PlannedService, Service, ServiceField, Template,
    Values,
};

/// The values that are a service's own.
#[derive(Clone, Debug)]
pub(crate) struct OwnValues {
    /// The name of its image.
    pub(crate) image: String,
    pub(crate) run_id: RunId,
    pub(crate) backend: BackendKind,
    /// Whether the caller's variables are only shown, without what they hold.
    pub(crate) is_preview: bool,
}

/// What a service is started with.
#[derive(Clone, Debug)]
pub(crate) struct Wired {
    pub(crate) args: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    /// Files by name.
    pub(crate) config: BTreeMap<String, String>,
}

/// The arguments of a service, and its environment: of whoever calls it gets what
/// the backend lets through, so that a run does not depend on who starts it.
pub(crate) fn resolve(
    planned: &PlannedService,
    own: &OwnValues,
    addresses: &Addresses,
) -> anyhow::Result<Wired> {
    let passed_on = passed_on(own.backend).map(|(key, value)| (key.to_owned(), value));
    let mut environment: BTreeMap<String, String> = passed_on.collect();
    let wiring = Wiring { planned, own, addresses };
    for (key, template) in &planned.env {
        environment.insert(key.clone(), crate::workspace::resolve(template, &wiring)?);
    }
    environment.extend(of_every_service(&own.image, &own.run_id.to_string()));
    let resolve = |template| crate::workspace::resolve(template, &wiring);
    let args = args_on(&planned.service, own.backend).iter().map(resolve);
    let config = config(&planned.service).map(|(name, text)| Ok((name.clone(), resolve(text)?)));
    Ok(Wired {
        args: args.collect::<anyhow::Result<_>>()?,
        environment,
        config: config.collect::<anyhow::Result<_>>()?,
    })
}

/// The arguments that a service has on a backend.
pub(crate) fn args_on(service: &Service, kind: BackendKind) -> &[Template] {
    match (service.external(), kind.backend().externals) {
        (Some(External { process_args: Some(args), .. }), ExternalForm::Program) => args,
        _ => &service.args,
    }
}

fn config(service: &Service) -> impl Iterator<Item = (&String, &Template)> {
    service.external().into_iter().flat_map(|external| &external.config)
}

/// The variables of the caller that a backend lets through and that are set.
pub(crate) fn passed_on(backend: BackendKind) -> impl Iterator<Item = (&'static str, String)> {
    let variables = backend.backend().variables.iter();
    variables.filter_map(|key| Some((*key, std::env::var(key).ok()?)))
}

/// The variables that every service gets.
pub(crate) fn of_every_service(image: &str, run_id: &str) -> [(String, String); 2] {
    use onetag_env::keys::{IMAGE, RUN_ID};
    [(IMAGE, image), (RUN_ID, run_id)].map(|(key, value)| (key.to_owned(), value.to_owned()))
}

/// What decides how a service is started, to see later whether that has changed.
///
/// # Errors
///
/// When a variable of the caller that it wants is not set.
pub(crate) fn settings(
    planned: &PlannedService,
    kind: BackendKind,
    run_id: RunId,
) -> anyhow::Result<Settings> {
    let written = |(key, template): (&String, &Template)| (key.clone(), template.to_string());
    let salted = |name: &str| {
        let value = host_variable(&planned.service, name)?;
        let salted = format!("{run_id}\0{name}\0{value}");
        anyhow::Ok((name.to_owned(), Digest::of(salted.as_bytes()).to_string()))
    };
    Ok(Settings {
        ready: planned.service.ready.clone(),
        args: args_on(&planned.service, kind).iter().map(Template::to_string).collect(),
        variables: planned.env.iter().map(written).collect(),
        host_variables: host_variables(planned).map(salted).collect::<anyhow::Result<_>>()?,
        urls: planned.urls.iter().map(written).collect(),
        ports: planned.ports.clone(),
        volume: planned.service.volume.clone(),
        config: config(&planned.service).map(written).collect(),
        memory: planned.service.memory,
        replicas: planned.service.replicas,
        manifests: manifests(planned)?,
        database: planned.database,
    })
}

fn manifests(planned: &PlannedService) -> anyhow::Result<Option<Digest>> {
    let is_there = !planned.manifests.is_empty();
    let digest = || Ok(Digest::of(&serde_json::to_vec(&planned.manifests)?));
    is_there.then(digest).transpose()
}

/// The variables of the caller that the metadata of a service asks for.
pub(crate) fn host_variables(planned: &PlannedService) -> impl Iterator<Item = &str> {
    planned.env.values().flat_map(Template::placeholders).filter_map(
        |placeholder| match placeholder {
            Placeholder::HostVariable(name) => Some(name.as_str()),
            _ => None,
        },
    )
}

/// The services that this one talks to: those of its metadata, and those that
/// its variables and arguments name.
pub(crate) fn needs(planned: &PlannedService) -> Vec<String> {
    let named = planned.placeholders().filter_map(|placeholder| match placeholder {
        Placeholder::Service { service, .. } => Some(service),
        _ => None,
    });
    let all: BTreeSet<&String> = planned.service.needs.iter().chain(named).collect();
    all.into_iter().cloned().collect()
}

/// The variables of a service that hold a value of the caller's, or a password.
pub(crate) fn secrets(planned: &PlannedService) -> BTreeSet<String> {
    let has_password = planned.database == Some(DatabaseKind::Postgres);
    let is_secret = |template: &Template| {
        template.placeholders().any(|part| match part {
            Placeholder::HostVariable(_) => true,
            Placeholder::DatabaseUrl => has_password,
            _ => false,
        })
    };
    let secrets = planned.env.iter().filter(|(_, template)| is_secret(template));
    secrets.map(|(key, _)| key.clone()).collect()
}

/// Makes sure that the caller has the variables that services want of it.
pub(crate) fn check_host_variables(plan: &Plan) -> anyhow::Result<()> {
    for planned in plan.services() {
        for (key, template) in &planned.env {
            for placeholder in template.placeholders() {
                if let Placeholder::HostVariable(name) = placeholder {
                    host_variable(&planned.service, name)
                        .with_context(|| format!("`env.{key}` cannot be filled in"))?;
                }
            }
        }
    }
    Ok(())
}

/// A variable of whoever called the harness. Its value is written nowhere.
fn host_variable(service: &Service, name: &str) -> anyhow::Result<String> {
    std::env::var(name).map_err(|_| {
        let Service { name: service, manifest_path, .. } = service;
        anyhow!("service `{service}` wants the variable `{name}` of its caller, which is not set")
            .hint(format!("{name}=… cargo xtask …; {manifest_path} asks for it"))
    })
}

/// Where the placeholders of one service get their values.
struct Wiring<'a> {
    planned: &'a PlannedService,
    own: &'a OwnValues,
    addresses: &'a Addresses,
}

impl Values for Wiring<'_> {
    fn value(&self, placeholder: &Placeholder) -> anyhow::Result<String> {
        let (service, own, addresses) = (&self.planned.service, self.own, self.addresses);
        let name = &service.name;
        Ok(match placeholder {
            Placeholder::Listen { port } => {
                addresses.endpoint(name, port.as_deref())?.listen.clone()
            }
            Placeholder::Host => split(&addresses.endpoint(name, None)?.listen)?.0.to_owned(),
            Placeholder::Port { port } => {
                split(&addresses.endpoint(name, port.as_deref())?.listen)?.1.to_owned()
            }
            Placeholder::Url { port } => {
                addresses.internal_url(self.planned, name, port.as_deref())?
            }
            Placeholder::Volume => addresses.of(name)?.volume.to_string(),
            Placeholder::Config => addresses.of(name)?.config.to_string(),
            Placeholder::Image => own.image.clone(),
            Placeholder::DatabaseUrl => match self.planned.database {
                Some(DatabaseKind::Postgres) => {
                    let access = addresses.database.as_ref();
                    access.context("no database was prepared")?.url(name)?
                }
                _ => format!("sqlite://{}", addresses.of(name)?.database),
            },
            Placeholder::Service { service, port, field } => {
                let port = port.as_deref();
                match field {
                    ServiceField::Url => addresses.internal_url(self.planned, service, port)?,
                    ServiceField::Host => {
                        split(&addresses.endpoint(service, port)?.internal)?.0.to_owned()
                    }
                    ServiceField::Port => {
                        split(&addresses.endpoint(service, port)?.internal)?.1.to_owned()
                    }
                }
            }
            Placeholder::HostVariable(_) if own.is_preview => "<secret>".to_owned(),
            Placeholder::HostVariable(variable) => host_variable(service, variable)?,
        })
    }
}
