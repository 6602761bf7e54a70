//! What goes over the socket: one JSON object a line, one reply for each
//! request, any number of requests on a connection.
//!
//! The end of a connection has a meaning: what was stopped, killed or paused over
//! it and not brought back, is brought back then.

use crate::Target;
use serde::{Deserialize, Serialize};

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "control", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Stop in good order; answered once it has ended. On SQLite the database is
    /// stopped by holding its write lock.
    Stop {
        /// What.
        target: Target,
    },
    /// Start what was stopped, at the same address.
    Start {
        /// What.
        target: Target,
        /// Answer only once a service is ready; else once its process runs.
        wait: bool,
    },
    /// End at once, without asking; answered once it has ended.
    Kill {
        /// What.
        target: Target,
    },
    /// Stop and start; answered once it is ready.
    Restart {
        /// What.
        target: Target,
    },
    /// Halt; answered once nothing of it moves any more.
    Pause {
        /// What.
        target: Target,
    },
    /// Let go on what was halted.
    Resume {
        /// What.
        target: Target,
    },
    /// What the service has written to its standard output and error so far,
    /// over all its starts.
    Logs {
        /// Whose.
        service: String,
    },
    /// Copy a file out of the service's volume.
    CopyOut {
        /// Whose.
        service: String,
        /// As the service itself names it, or relative to its volume.
        path: String,
        /// Where the copy is to be, absolute.
        to: String,
    },
    /// Take note that a test skips, since the run lacks a capability.
    Skip {
        /// The command whose test it is: [`onetag_env::keys::TEST_COMMAND`]. Without
        /// one nobody counts.
        command: Option<String>,
        /// The id of the test's binary and its name, as nextest shows them.
        test: String,
        /// What the run lacks.
        capability: String,
    },
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Reply {
    /// It is done.
    Done,
    /// To [`Request::Logs`].
    Logs {
        /// All of it; bytes that are not UTF-8 are replaced.
        text: String,
    },
    /// It was not done.
    Refused {
        /// Why.
        reason: String,
    },
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
