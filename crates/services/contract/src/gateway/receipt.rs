//! What became of signals.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::words;

/// What became of signals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignalsReceipt {
    /// What became of the most important of them.
    pub status: SignalOutcome,
    /// What became of each, in their order.
    pub signals: Vec<SignalReceipt>,
}

/// What became of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignalReceipt {
    /// What became of it.
    pub status: SignalOutcome,
    /// What makes it the same as others, if it is one.
    pub fingerprint: Option<String>,
    /// The request for it, if there is one.
    pub request: Option<String>,
    /// How many signals like it there were after the first one.
    pub repetitions: u32,
    /// Why it is none, if it is none.
    pub message: Option<String>,
}

words! {
    /// What became of a signal, the most important first.
    #[derive(PartialOrd, Ord)]
    pub enum SignalOutcome in "lowercase" {
        /// A request was made for it.
        Created,
        /// There is a request for it already.
        Duplicate,
        /// No request can be made for it.
        Refused,
        /// It is over, so nothing was done.
        Resolved,
    }
}

words! {
    /// Where a signal came from.
    pub enum SignalSource in "kebab-case" {
        /// From Alertmanager.
        Alertmanager,
        /// From Kubernetes.
        KubernetesEvent,
    }
}
