//! What runs, as a backend sees it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::build::image::Digest;

/// A service that was started, in the backend's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The name of the service.
    pub service: String,
    /// What the backend calls it.
    pub id: Value,
}

/// One running copy of an image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Replica {
    /// Its name, such as `orders-0`.
    pub name: String,
    /// Where it runs, such as `pid 4711`.
    pub location: String,
}

impl fmt::Display for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.location)
    }
}

/// What was seen of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Seen {
    /// Which one, and where.
    pub replica: Replica,
    /// What it runs.
    pub digest: Digest,
    /// The path of the program that runs, where it is not the one that was started.
    #[serde(default)]
    pub program: Option<String>,
}

/// The state of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not all of its replicas run yet; a sentence says what is missing.
    Starting(String),
    /// All of its replicas run.
    Running(Vec<Replica>),
    /// It ended by itself; says how, as what a sentence says of it: `ended with code 3`.
    Ended(String),
}

/// What a service answered when it was asked whether it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It is ready.
    Ready,
    /// It is not, and this is what was seen.
    Pending(String),
    /// The same, and hardly will change: the question is wrong, and does not come too
    /// early.
    Refused(String),
}

/// How a service is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is asked, and killed if it takes longer than this.
    Terminate(Duration),
    /// It is killed.
    Kill,
}
