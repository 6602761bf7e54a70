//! What `plan` shows, as one document.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::Serialize;

use crate::backend::{
    BackendKind, ClusterChoice, args_on, host_variables, needs, of_every_service, passed_on,
    source_of,
};
use crate::cycle::Job;
use crate::report::NotRun;
use crate::run::{RUN_ID, Reference, Tag};
use crate::suite::{NextestArguments, PROFILE};
use crate::system::tool::command_line;
use crate::workspace::{DatabaseKind, PlannedService, Ready, Suite};

/// Of this format; it changes when a key goes or changes its meaning.
const SCHEMA: u32 = 1;

/// What `e2e` is asked for.
pub(super) struct Wanted<'a> {
    /// The calls of cargo.
    pub(super) commands: Vec<Command>,
    pub(super) jobs: &'a [Job<'a>],
    pub(super) not_run: Vec<NotRun>,
    pub(super) backend: BackendKind,
    pub(super) cluster: &'a ClusterChoice,
    pub(super) profile: Option<String>,
    pub(super) ready: Duration,
    pub(super) nextest: &'a NextestArguments,
}

/// What `plan --format json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Preview {
    schema: u32,
    pub(super) backend: BackendKind,
    /// The cargo profile of the services.
    pub(super) profile: String,
    pub(super) ready_timeout_seconds: f64,
    /// The calls of cargo, in their order, as one could paste them into a shell.
    pub(super) cargo: Vec<String>,
    /// The caller's variables that every service gets: those that are set.
    pub(super) passed_on: Vec<&'static str>,
    /// In the order in which they would begin.
    pub(super) runs: Vec<PreviewedRun>,
    /// Suites that `--all` leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_run: Vec<NotRun>,
}

/// One run that would be.
#[derive(Debug, Serialize)]
pub(super) struct PreviewedRun {
    pub(super) consumer: String,
    pub(super) tag: String,
    /// Services of one level start side by side, once those before them are ready.
    pub(super) levels: Vec<Vec<PreviewedService>>,
    pub(super) tests: PreviewedTests,
}

/// A service that would be deployed.
#[derive(Debug, Serialize)]
pub(super) struct PreviewedService {
    pub(super) service: String,
    /// The name of its image; of an external service what its metadata names.
    pub(super) reference: String,
    /// Whether others wrote it.
    pub(super) external: bool,
    /// Whether it is the one that the suite tests.
    pub(super) under_test: bool,
    /// Whether the suite itself asks for it.
    pub(super) needed_by_suite: bool,
    /// The services of the run that need it.
    pub(super) needed_by: Vec<String>,
    pub(super) ready: Ready,
    pub(super) port: Option<u16>,
    pub(super) ports: BTreeMap<String, u16>,
    pub(super) volume: Option<Utf8PathBuf>,
    pub(super) database: Option<DatabaseKind>,
    pub(super) files: Vec<Utf8PathBuf>,
    /// What an engine builds its image from, relative to its package.
    pub(super) containerfile: Option<Utf8PathBuf>,
    /// Names of the files that are written for it.
    pub(super) config: Vec<String>,
    /// How much it may have, in bytes, where the backend limits it.
    pub(super) memory: Option<u64>,
    /// How many copies of it run.
    pub(super) replicas: u32,
    /// As they are written, with their placeholders.
    pub(super) args: Vec<String>,
    /// The same of its variables.
    pub(super) env: BTreeMap<String, String>,
    /// The caller's variables that it asks for, and whether they are set.
    pub(super) host_variables: BTreeMap<String, bool>,
}

/// The tests that would be run.
#[derive(Debug, Serialize)]
pub(super) struct PreviewedTests {
    pub(super) binary_ids: Vec<String>,
    /// The profile of nextest.
    pub(super) profile: &'static str,
    pub(super) filterset: String,
    /// What else nextest gets from the caller.
    pub(super) arguments: Vec<String>,
}

impl Preview {
    pub(super) fn new(wanted: Wanted<'_>) -> Preview {
        Preview {
            schema: SCHEMA,
            backend: wanted.backend,
            profile: wanted.profile.clone().unwrap_or_else(|| "dev".to_owned()),
            ready_timeout_seconds: wanted.ready.as_secs_f64(),
            cargo: wanted.commands.iter().map(command_line).collect(),
            passed_on: passed_on(wanted.backend).map(|(key, _)| key).collect(),
            runs: wanted.jobs.iter().map(|job| run(job, &wanted)).collect(),
            not_run: wanted.not_run,
        }
    }
}

fn run(job: &Job<'_>, wanted: &Wanted<'_>) -> PreviewedRun {
    let level = |level: &Vec<PlannedService>| {
        level.iter().map(|planned| service(job, planned, wanted)).collect()
    };
    let Suite { name, test_ids, .. } = job.suite;
    PreviewedRun {
        consumer: name.clone(),
        tag: Tag::shape(name),
        levels: job.plan.levels.iter().map(level).collect(),
        tests: PreviewedTests {
            binary_ids: test_ids.clone(),
            profile: PROFILE,
            filterset: wanted.nextest.filterset(&job.suite.filterset()),
            arguments: wanted.nextest.rest(),
        },
    }
}

fn service(job: &Job<'_>, planned: &PlannedService, wanted: &Wanted<'_>) -> PreviewedService {
    let kind = wanted.backend;
    let (suite, service) = (job.suite, planned.service.clone());
    let (program, external) = (service.program(), service.external());
    let reference = match external {
        Some(external) => source_of(external, kind),
        None => Reference::shape(&service.name, &suite.name, wanted.cluster.registry()),
    };
    let written = planned.env.iter().map(|(key, value)| (key.clone(), value.to_string()));
    let of_every_service = of_every_service(&reference, RUN_ID);
    let needs_it = |other: &&PlannedService| {
        other.service.name != service.name && needs(other).contains(&service.name)
    };
    let is_set = |name: &str| (name.to_owned(), std::env::var_os(name).is_some());
    PreviewedService {
        under_test: suite.service.as_ref() == Some(&service.name),
        needed_by_suite: suite.needs.contains(&service.name),
        needed_by: job
            .plan
            .services()
            .filter(needs_it)
            .map(|other| other.service.name.clone())
            .collect(),
        args: args_on(&service, kind).iter().map(ToString::to_string).collect(),
        config: external.into_iter().flat_map(|external| external.config.keys().cloned()).collect(),
        files: program.map(|program| program.files.clone()).unwrap_or_default(),
        containerfile: service.containerfile().map(|containerfile| containerfile.path.clone()),
        external: external.is_some(),
        memory: service.memory,
        replicas: service.replicas,
        env: written.chain(of_every_service).collect(),
        host_variables: host_variables(planned).map(is_set).collect(),
        database: planned.database,
        service: service.name,
        reference,
        ready: service.ready,
        port: service.port,
        ports: service.ports,
        volume: service.volume,
    }
}
