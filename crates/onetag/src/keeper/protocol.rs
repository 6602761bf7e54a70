//! What the harness asks the keeper, and what the keeper answers: one JSON object
//! a line, one answer for each question, any number of questions on a connection.
//!
//! What suites ask comes on the same socket and is `onetag_control::protocol`; it
//! is put together from what is asked here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use super::turns::Turn;
use crate::backend::{Replica, Seen, ServiceAddresses, ServicePorts, ServiceSpec};
use crate::error::{Attach as _, hints};

/// What the keeper can be asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(super) enum Request {
    /// The connection is the harness: when it ends, and the run is not kept,
    /// the run ends.
    Attach,
    /// Make what services need before they start, or open what was made before.
    Prepare { services: Vec<ServicePorts> },
    /// Start services that do not run and do not need each other.
    Start { level: Vec<ServiceSpec> },
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
    /// Whether a service is ready.
    Poll {
        service: String,
        /// How long it may be asked.
        limit: Duration,
        /// Tell as well what would help it, and bring its log up to date.
        advise: bool,
    },
    /// What the replicas of these services really run.
    Witness { services: Vec<String> },
    /// Bring the log of a service up to date, or those of all.
    CollectLogs { service: Option<String> },
    /// Copy a file out of the volume of a service.
    CopyOut { service: String, from: String, to: String },
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
    Prepared {
        services: BTreeMap<String, ServiceAddresses>,
        capabilities: BTreeSet<String>,
    },
    /// By service.
    Started {
        services: BTreeMap<String, StartedService>,
    },
    Polled {
        polled: Polled,
    },
    /// By service.
    Witnessed {
        seen: BTreeMap<String, Vec<Seen>>,
    },
    Status {
        status: Status,
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
        hints: Vec<String>,
    },
}

impl Request {
    /// Whether it changes nothing, and needs nothing but what the backend tells.
    pub(super) fn is_question(&self) -> bool {
        matches!(
            self,
            Request::Status
                | Request::Poll { .. }
                | Request::Witness { .. }
                | Request::CollectLogs { .. }
                | Request::CopyOut { .. }
        )
    }
}

impl Reply {
    /// An error, with what mends it.
    pub(super) fn refused(error: &anyhow::Error) -> Reply {
        Reply::Refused { reason: format!("{error:#}"), hints: hints(error) }
    }
}

/// What was refused, as an error.
pub(super) fn refusal(reason: &str, hints: &[String]) -> anyhow::Error {
    hints.iter().fold(anyhow!("{reason}"), |error, hint| error.hint(hint))
}

/// A service that was started; it is not ready yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct StartedService {
    pub(crate) service: String,
    /// Which start of the keeper's it is.
    pub(crate) start: u64,
    /// Where tests reach it, if it has a port.
    pub(crate) own: Option<SocketAddr>,
    /// Where they reach its further ports, by name.
    pub(crate) ports: BTreeMap<String, SocketAddr>,
}

impl StartedService {
    /// A service that was started again; where it is reached is known already.
    pub(crate) fn again(service: &str, start: u64) -> StartedService {
        StartedService { service: service.to_owned(), start, own: None, ports: BTreeMap::new() }
    }
}

/// How a service is on its way to be ready.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Polled {
    pub(crate) state: ServiceState,
    /// What was seen, if it is not ready.
    pub(crate) pending: Option<String>,
    /// Whether that hardly will change.
    pub(crate) refused: bool,
    /// What keeps it from getting ready, as a sentence, where that could be found out.
    pub(crate) obstacle: Option<String>,
    /// What would help it.
    pub(crate) hints: Vec<String>,
}

/// The state of all services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
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
    /// Not all of its replicas run yet.
    Starting { why: String },
    /// All of its replicas run.
    Running {
        /// Which start of the keeper's it is.
        start: u64,
        /// The generation of the run in which it was deployed.
        generation: u32,
        replicas: Vec<Replica>,
    },
    /// Its replicas were halted.
    Paused { replicas: Vec<Replica> },
    /// It is being stopped.
    Stopping,
    /// It ended without being asked to.
    Ended {
        /// What a sentence says of it: `ended with code 3`.
        why: String,
    },
    /// It was stopped.
    Stopped,
    /// The backend does not tell.
    Unknown { why: String },
}

impl ServiceState {
    /// The state in words, as a list shows it.
    pub(crate) fn describe(&self) -> String {
        let at = |replicas: &[Replica]| {
            let locations = replicas.iter().map(|replica| format!(", {}", replica.location));
            locations.collect::<String>()
        };
        match self {
            ServiceState::Running { replicas, .. } => format!("running{}", at(replicas)),
            ServiceState::Paused { replicas } => format!("paused{}", at(replicas)),
            ServiceState::Starting { why } => format!("starting, {why}"),
            ServiceState::Stopping => "stopping".to_owned(),
            ServiceState::Stopped => "stopped".to_owned(),
            ServiceState::Unknown { why } => format!("unknown, {why}"),
            ServiceState::Ended { .. } => self.predicate(),
        }
    }

    /// The state as what a sentence says of the service.
    pub(crate) fn predicate(&self) -> String {
        match self {
            ServiceState::Starting { .. } => "is starting".to_owned(),
            ServiceState::Running { .. } => "is running".to_owned(),
            ServiceState::Paused { .. } => "is paused".to_owned(),
            ServiceState::Stopping => "is being stopped".to_owned(),
            ServiceState::Stopped => "is stopped".to_owned(),
            ServiceState::Ended { why } => why.clone(),
            ServiceState::Unknown { why } => format!("has no known state: {why}"),
        }
    }
}
