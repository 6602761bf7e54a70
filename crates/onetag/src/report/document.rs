//! The report of a run and of a command as JSON, described in
//! `crates/onetag/docs/json.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use camino::Utf8PathBuf;
use serde::Serialize;

use crate::backend::{BackendKind, Expected};
use crate::build::image::Digest;
use crate::run::RunId;

/// What `--format json` prints: the one document of a command.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Document {
    /// Of this format; it changes when a key goes or changes its meaning.
    pub(crate) schema: u32,
    /// The exit code of the command.
    pub(crate) exit: i32,
    pub(crate) runs: Vec<RunReport>,
    /// Suites that `--all` leaves out, since the backend cannot run them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_run: Vec<NotRun>,
    /// Why the command failed outside of any run.
    pub(crate) error: Option<String>,
}

/// A suite that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NotRun {
    pub(crate) suite: String,
    /// Why, in one line.
    pub(crate) reason: String,
}

/// `report.json` of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RunReport {
    pub(crate) run_id: RunId,
    pub(crate) tag: String,
    pub(crate) consumer: String,
    pub(crate) backend: BackendKind,
    /// The exit code of this run.
    pub(crate) exit: i32,
    /// The phase that failed, and why; null when all went well.
    pub(crate) failed_phase: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) kept: bool,
    pub(crate) seconds: f64,
    pub(crate) phases: Vec<PhaseTime>,
    pub(crate) services: Vec<ServiceReport>,
    pub(crate) externals: Vec<ExternalReport>,
    pub(crate) tests: Option<Tests>,
    /// Services that did not end when they were asked to.
    pub(crate) killed: Vec<KilledService>,
    pub(crate) leftovers: Vec<Leftover>,
    /// Where logs, witness and diagnostics lie.
    pub(crate) folder: Utf8PathBuf,
}

/// The phase in which a run waits for those of other suites.
pub(crate) const WAIT: &str = "wait";

impl RunReport {
    /// How long it took by itself, without its wait for other suites.
    pub(crate) fn own_seconds(&self) -> f64 {
        let waited = self.phases.iter().find(|time| time.phase == WAIT);
        self.seconds - waited.map_or(0.0, |time| time.seconds)
    }
}

/// How long a phase took.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PhaseTime {
    pub(crate) phase: &'static str,
    pub(crate) seconds: f64,
}

/// One image of the run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ServiceReport {
    pub(crate) service: String,
    pub(crate) reference: String,
    /// Null when the run ended before the image was built.
    pub(crate) digests: Option<Expected>,
    /// Null when the run ended before it was deployed.
    pub(crate) url: Option<String>,
}

/// One external service of the run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExternalReport {
    pub(crate) external: String,
    /// The image or the program; as metadata says when the run ended before it was
    /// deployed.
    pub(crate) image: String,
    /// What it says of itself, if it does. Null when the run ended before it was deployed,
    /// as the others.
    pub(crate) version: Option<String>,
    pub(crate) digest: Option<Digest>,
    pub(crate) url: Option<String>,
}

/// How many tests there were, without setup scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tests {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Those that told the keeper that they skip, by the capability that they
    /// lacked; they are neither passed nor failed.
    pub(crate) skipped: BTreeMap<String, usize>,
    /// Those that failed, as nextest shows them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) failures: BTreeSet<String>,
    /// Those that passed when nextest's configuration had them tried again.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) flaky: BTreeSet<String>,
}

/// A service that did not end when it was asked to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct KilledService {
    pub(crate) service: String,
    /// After this time it was killed.
    pub(crate) seconds: f64,
}

/// Something of a run that is there after its teardown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// What kind of thing it is: `process`, `socket`, `file`, `folder`, `ledger`, or
    /// what the backend calls it.
    pub kind: &'static str,
    /// Which one.
    pub name: String,
}

impl Leftover {
    /// What ends it, as one could type it.
    pub(crate) fn hint(&self) -> Option<String> {
        let pid = self.name.split(' ').next().filter(|_| self.kind == "process")?;
        Some(format!("kill {pid}"))
    }
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

impl fmt::Display for KilledService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KilledService { service, seconds } = self;
        write!(f, "service `{service}` did not end within {seconds:.1} s of SIGTERM and was killed")
    }
}

impl Document {
    /// The format that this version writes.
    pub(crate) const SCHEMA: u32 = 1;
}
