//! What the harness asks the keeper, and what the keeper answers: one JSON object
//! a line, one answer for each question, any number of questions on a connection.
//!
//! What suites ask comes on the same socket and is `onetag_control::protocol`; it
//! is put together from what is asked here.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::turns::Turn;
use crate::system::ProcessId;

/// What the keeper can be asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(super) enum Request {
    /// The connection is the harness: when it ends, and the run is not kept,
    /// the run ends.
    Attach,
    /// Bind a port for a service and hold it for the life of the run; the same
    /// one as before if the service has one.
    Lease {
        service: String,
        /// The port that it had before the keeper was started anew.
        port: Option<u16>,
    },
    /// Start a service that does not run.
    Start { launch: Box<Launch> },
    /// Start a service again as it was started last.
    StartAgain { service: String },
    /// Stop a service: ask first, then insist. Answered once it has ended.
    Stop { service: String },
    /// End a service without asking. Answered once it has ended.
    Kill { service: String },
    /// Halt a service. Answered once nothing of it moves any more.
    Pause { service: String },
    /// Let a service go on that was halted.
    Resume { service: String },
    /// Hold the write locks of all databases.
    StopDatabase,
    /// Let go of them.
    StartDatabase,
    /// Take note that a test of a command skips.
    Skip { command: String, test: String, capability: String },
    /// Which tests of a command skipped; they are forgotten then.
    Skips { command: String },
    /// Give a command its turn, unless another one has it.
    TakeTurn { turn: Turn },
    /// What runs.
    Status,
    /// Stop everything and end. The connection ends when nothing runs any more.
    Shutdown {
        /// Do not ask first.
        force: bool,
    },
}

/// What the keeper answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(super) enum Reply {
    Done,
    Leased {
        port: u16,
    },
    Started {
        id: ProcessId,
    },
    StartedAgain {
        id: ProcessId,
        launch: Box<Launch>,
    },
    Status {
        services: BTreeMap<String, ServiceState>,
        database_stopped: bool,
        turn: Option<String>,
        failure: Option<String>,
    },
    /// It is the turn of another command.
    Busy {
        by: String,
    },
    /// What tests lacked that skipped, by test.
    Skips {
        skips: BTreeMap<String, String>,
    },
    Refused {
        reason: String,
    },
}

/// How to start a service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Launch {
    pub(crate) readiness: Readiness,
    pub(crate) executable: Utf8PathBuf,
    pub(crate) args: Vec<String>,
    /// The whole environment, but for the variable that names the owner, which
    /// the keeper alone sets.
    pub(crate) environment: BTreeMap<String, String>,
    /// Where it starts: the folder with its files.
    pub(crate) folder: Utf8PathBuf,
    /// Services that are stopped after this one.
    pub(crate) needs: Vec<String>,
    /// The file of its database, if it has one.
    pub(crate) database: Option<Utf8PathBuf>,
}

impl Launch {
    /// The name of the service.
    pub(crate) fn service(&self) -> &str {
        &self.readiness.service
    }
}

/// How a service is known to be ready, and what is said when it is not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Readiness {
    pub(crate) service: String,
    pub(crate) probe: Probe,
    pub(crate) log: Utf8PathBuf,
    /// The port that was leased for it, if it has one.
    pub(crate) port: Option<u16>,
    /// The key of the metadata that decides on the probe, and its manifest.
    pub(crate) key: String,
}

/// How a service is asked whether it is ready.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "probe", rename_all = "kebab-case")]
pub(crate) enum Probe {
    /// This address answers with a status of 200 to 299.
    Http { url: String },
    /// This address accepts connections.
    Tcp { address: String },
    /// Its program runs.
    Started,
}

/// The state of all services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) services: BTreeMap<String, ServiceState>,
    /// Whether the keeper holds the write locks of the databases.
    pub(crate) database_stopped: bool,
    /// The command whose turn it is, in words.
    pub(crate) turn: Option<String>,
    /// What the keeper could not do as it should.
    pub(crate) failure: Option<String>,
}

/// The state of one service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(crate) enum ServiceState {
    /// Its process runs.
    Running { id: ProcessId },
    /// Its process was halted.
    Paused { id: ProcessId },
    /// It ended without being asked to.
    Exited {
        /// The process that ended.
        pid: u32,
        code: Option<i32>,
        signal: Option<i32>,
    },
    /// It was stopped.
    Stopped,
}

impl ServiceState {
    /// The state in words, as a list shows it.
    pub(crate) fn describe(&self) -> String {
        match self {
            ServiceState::Running { id } => format!("running, pid {}", id.pid),
            ServiceState::Paused { id } => format!("paused, pid {}", id.pid),
            ServiceState::Stopped => "stopped".to_owned(),
            ServiceState::Exited { .. } => self.predicate(),
        }
    }

    /// The state as what a sentence says of the service.
    pub(crate) fn predicate(&self) -> String {
        match self {
            ServiceState::Running { .. } => "is running".to_owned(),
            ServiceState::Paused { .. } => "is paused".to_owned(),
            ServiceState::Stopped => "is stopped".to_owned(),
            ServiceState::Exited { code: Some(code), .. } => format!("ended with code {code}"),
            ServiceState::Exited { signal: Some(signal), .. } => {
                format!("was ended by {}", crate::system::signals::name(*signal))
            }
            ServiceState::Exited { .. } => "ended".to_owned(),
        }
    }
}
