//! What the trail is told of signals from outside.

use serde::{Deserialize, Serialize};

use crate::gateway::SignalSource;
use crate::signalprocessing::{SignalSeverity, Target};

/// A signal that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedSignal {
    /// Where it came from.
    pub source: SignalSource,
    /// What makes it the same as others.
    pub fingerprint: String,
    /// What is wrong.
    pub name: String,
    /// How bad it is.
    pub severity: SignalSeverity,
    /// What is affected.
    pub target: Target,
}

/// A signal for which there is a request already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateSignal {
    /// What makes it the same as others.
    pub fingerprint: String,
    /// The request.
    pub request: String,
    /// How many signals there were after the first one.
    pub repetitions: u32,
}

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRequest {
    /// The fingerprint of its signal.
    pub fingerprint: String,
    /// The request.
    pub request: String,
}

/// A request that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRequest {
    /// The fingerprint of its signal.
    pub fingerprint: String,
    /// The name that it would have had.
    pub request: String,
    /// Why, for people.
    pub reason: String,
}
