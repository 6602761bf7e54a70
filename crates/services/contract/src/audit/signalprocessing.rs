//! What the trail is told of signals that are processed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::signalprocessing::Target;

/// What was found about a signal's target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enriched {
    /// What is affected.
    pub target: Target,
    /// Whether nothing was found.
    pub degraded_mode: bool,
    /// What acts on it.
    pub detected_labels: BTreeMap<String, String>,
}
