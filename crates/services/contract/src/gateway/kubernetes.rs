//! Events of Kubernetes, in its own form.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::SignalsReceipt;
use crate::{Endpoint, NoQuery, words};

/// An event, `core/v1`. What Kubernetes tells besides may be there and is not read.
///
/// <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesEvent {
    /// Its type; `Normal` events are no signals.
    #[serde(rename = "type")]
    #[schema(inline)]
    pub kind: EventType,
    /// What happened: `OOMKilled`.
    #[schema(min_length = 1, max_length = 100)]
    pub reason: String,
    /// What happened, for people.
    #[serde(default)]
    #[schema(max_length = 10_000)]
    pub message: Option<String>,
    /// What it happened to.
    pub involved_object: InvolvedObject,
    /// `v1`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub api_version: Value,
    /// `Event`.
    #[serde(default, rename = "kind", skip_serializing_if = "Value::is_null")]
    pub object_kind: Value,
    /// The event's own name.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub metadata: Value,
    /// Who noticed it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub source: Value,
    /// When it happened first.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub first_timestamp: Value,
    /// When it happened last.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub last_timestamp: Value,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub event_time: Value,
    /// How often it happened.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub count: Value,
    /// How often it happened.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub series: Value,
    /// What was done.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub action: Value,
    /// What else it is about.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub related: Value,
    /// Who noticed it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub reporting_component: Value,
    /// Who noticed it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub reporting_instance: Value,
}

/// What an event happened to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvolvedObject {
    /// What it is: `Pod`.
    #[schema(min_length = 1, max_length = 63)]
    pub kind: String,
    /// Its name.
    #[schema(min_length = 1, max_length = 253)]
    pub name: String,
    /// Its namespace, `default` if not given.
    #[serde(default)]
    #[schema(max_length = 253)]
    pub namespace: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub api_version: Value,
    /// Its id.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub uid: Value,
    /// Its version.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub resource_version: Value,
    /// The part of it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub field_path: Value,
}

words! {
    /// The type of an event that is a signal.
    pub enum EventType in "PascalCase" {
        /// Something is not as it should be.
        Warning,
        /// Something went wrong.
        Error,
    }
}

/// Takes an event.
#[derive(Clone, Copy, Debug)]
pub struct PostKubernetesEvent;

impl Endpoint for PostKubernetesEvent {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/signals/kubernetes-event";
    type Request = KubernetesEvent;
    type Query = NoQuery;
    type Answer = SignalsReceipt;
}
