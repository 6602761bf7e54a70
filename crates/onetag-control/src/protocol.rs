//! What goes over the socket: one JSON object a line, one reply for each
//! request, any number of requests on a connection. Each has the version of the
//! protocol and a number with it, which the reply repeats: see [`Numbered`].
//!
//! The end of a connection has a meaning: what was stopped, killed or paused over
//! it and not brought back, is brought back then.

use crate::Target;
use serde::{Deserialize, Serialize};

/// The version of this protocol, and of what the harness asks on the same socket. It
/// changes when one side would not understand the other.
pub const PROTOCOL: u32 = 3;

/// A request or a reply as it goes over the socket.
#[derive(Debug, Deserialize, Serialize)]
pub struct Numbered<T> {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// Of the request, counted on its connection from 1 on.
    pub number: u64,
    /// What is asked or answered.
    #[serde(flatten)]
    pub body: T,
}

impl<T: Serialize> Numbered<T> {
    /// The line that goes over the socket.
    ///
    /// # Errors
    /// When the body is no object.
    pub fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// What is read first of a line: whether the rest can be understood.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Head {
    /// The first version had none.
    #[serde(default = "first")]
    pub protocol: u32,
    /// None in the first version.
    #[serde(default)]
    pub number: u64,
}

/// Says that the keeper speaks another version of the protocol than whoever asks.
pub fn other_version(keeper: u32, asked: u32) -> String {
    format!(
        "another version of the harness started this run: \
         its keeper speaks protocol {keeper}, not {asked}"
    )
}

fn first() -> u32 {
    1
}

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
    /// What the service has written to its standard output and error so far, over all
    /// its starts: the last 4 MiB of it.
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
        /// What may mend it.
        #[serde(default)]
        hints: Vec<String>,
    },
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
