//! A signal: what is wrong with what.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::Schema;

use crate::{schema, words};

/// What is wrong with what, as the gateway takes it from an alert or an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signal {
    /// What makes two signals the same: SHA-256 of name and target, in lower-case
    /// hexadecimal digits.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        extensions(("x-message" = json!("must be 64 lower-case hexadecimal digits"))),
    )]
    pub fingerprint: String,
    /// What is wrong: the name of the alert, the reason of the event. The catalog
    /// knows it as the type of signal.
    #[schema(min_length = 1, max_length = 100, example = "OOMKilled")]
    pub name: String,
    /// How bad it is, in the words of whoever sent it.
    pub severity: SignalSeverity,
    /// What is affected.
    pub target: Target,
    /// Its labels.
    #[serde(default)]
    #[schema(schema_with = labels)]
    pub labels: BTreeMap<String, String>,
    /// Text for people.
    #[serde(default)]
    #[schema(schema_with = annotations)]
    pub annotations: BTreeMap<String, String>,
}

words! {
    /// How bad a signal is, in the words of alerts. Inside the pipeline there are
    /// others, see [`Severity`](crate::datastorage::Severity); signalprocessing knows
    /// which.
    pub enum SignalSeverity in "lowercase" {
        /// Someone has to act now.
        Critical,
        /// Someone has to act soon.
        Warning,
        /// For the record.
        Info,
    }
}

/// What is affected: `shop/pod/cart-0`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Target {
    /// Its namespace.
    #[schema(min_length = 1, max_length = 253, example = "shop")]
    pub namespace: String,
    /// What it is, in lower case.
    #[schema(min_length = 1, max_length = 63, example = "pod")]
    pub kind: String,
    /// Its name.
    #[schema(min_length = 1, max_length = 253, example = "cart-0")]
    pub name: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.namespace, self.kind, self.name)
    }
}

fn labels() -> Schema {
    schema::texts(100, 317, 1000)
}

fn annotations() -> Schema {
    schema::texts(100, 317, 10_000)
}
