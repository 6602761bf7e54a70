//! Alerts, in the form in which Alertmanager sends them to webhooks.
//!
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{Display, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;
use utoipa::openapi::Schema;

use super::SignalsReceipt;
use crate::{Endpoint, NoQuery, schema, words};

/// A group of alerts. Only these fields are read; others may be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertmanagerWebhook {
    /// The version of the form.
    #[schema(inline)]
    pub version: WebhookVersion,
    /// The alerts.
    #[schema(max_items = 1000)]
    pub alerts: Vec<Alert>,
    /// What else Alertmanager tells.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// The version of the form of a group of alerts.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    Display,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
pub enum WebhookVersion {
    /// That of every Alertmanager since 0.5.
    #[serde(rename = "4")]
    #[strum(serialize = "4")]
    V4,
}

/// An alert. Only these fields are read; others may be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Whether it is over.
    #[schema(inline)]
    pub status: AlertStatus,
    /// Its labels: `alertname` is what is wrong, `severity` how bad it is, and
    /// others name what is affected.
    #[schema(schema_with = labels)]
    pub labels: BTreeMap<String, String>,
    /// Text for people.
    #[serde(default)]
    #[schema(schema_with = labels)]
    pub annotations: BTreeMap<String, String>,
    /// What else Alertmanager tells.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

words! {
    /// Whether an alert is over.
    pub enum AlertStatus in "lowercase" {
        /// It is not.
        Firing,
        /// It is.
        Resolved,
    }
}

/// Takes a group of alerts. A request is made for each that fires, unless there is one.
#[derive(Clone, Copy, Debug)]
pub struct PostAlerts;

impl Endpoint for PostAlerts {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/signals/alertmanager";
    type Request = AlertmanagerWebhook;
    type Query = NoQuery;
    type Answer = SignalsReceipt;
}

/// Labels and annotations may have any length that fits into a body.
fn labels() -> Schema {
    schema::texts(1000, 100_000, 100_000)
}
