//! What goes over the socket: one JSON object a line, one answer for each
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
mod tests {
    use super::*;

    fn written(request: &Request) -> String {
        serde_json::to_string(request).unwrap()
    }

    #[test]
    fn the_database_is_a_target_like_the_services() {
        let stop = Request::Stop { target: Target::Database };
        assert_eq!(written(&stop), r#"{"control":"stop","target":"database"}"#);
        let start = Request::Start { target: Target::service("shop"), wait: true };
        assert_eq!(written(&start), r#"{"control":"start","target":"shop","wait":true}"#);
        for request in [stop, start] {
            assert_eq!(serde_json::from_str::<Request>(&written(&request)).ok(), Some(request));
        }
    }
}
