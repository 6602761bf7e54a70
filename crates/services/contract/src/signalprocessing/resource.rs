//! The processing of a signal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Owner, Signal};
use crate::datastorage::{Priority, Severity};
use crate::{schema, words};

/// A signal to enrich and classify.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProcessingSpec {
    /// Its name, a lower-case DNS label.
    #[schema(value_type = schema::Label, example = "sp-rr-0123456789ab-1700000000")]
    pub name: String,
    /// The remediation request that it belongs to.
    #[schema(min_length = 1, max_length = 255)]
    pub correlation_id: String,
    /// The signal.
    pub signal: Signal,
}

/// What is known of a processed signal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProcessingStatus {
    /// What was found about the target.
    pub enrichment: Option<Enrichment>,
    /// What follows from it.
    pub classification: Option<Classification>,
    /// Why it failed, if it failed.
    pub failure: Option<String>,
}

/// What was found about a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Enrichment {
    /// Whether the inventory has no entry of it; then the labels are those of the
    /// signal.
    pub degraded_mode: bool,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What made it, what made that, and so on.
    pub owners: Vec<Owner>,
    /// How many there are to be of it.
    pub replicas: Option<u32>,
    /// What acts on it: `gitops`, `helm`, `hpa`, `pdb`, `network_policy`,
    /// `service_mesh`, `stateful`; those that do.
    pub detected_labels: BTreeMap<String, String>,
}

/// How urgent a signal is, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Classification {
    /// Where it happened: `production`.
    pub environment: String,
    /// How the environment was found.
    pub environment_source: EnvironmentSource,
    /// How bad it is, in the words of the pipeline.
    pub severity: Severity,
    /// How urgent it is, by the policy.
    pub priority: Priority,
}

words! {
    /// How an environment was found.
    pub enum EnvironmentSource in "kebab-case" {
        /// By the namespace's label.
        NamespaceLabel,
        /// By the namespace's name.
        NamespaceName,
        /// Not at all.
        Unknown,
    }
}

crate::phases! {
    /// How far the processing of a signal is.
    pub enum ProcessingPhase, ending in [Completed, Failed] {
        /// It was accepted.
        Pending,
        /// The inventory is asked.
        Enriching,
        /// Environment, severity and priority are decided.
        Classifying,
        /// It is enriched and classified.
        Completed,
        /// It cannot be processed.
        Failed,
    }
}

crate::resource_kind! {
    /// Signals that are enriched and classified.
    pub SignalProcessings: "signalprocessing" at "/api/v1/signalprocessings",
    spec: ProcessingSpec, correlated by correlation_id,
    phase: ProcessingPhase,
    status: ProcessingStatus,
}
