//! The TOML document of routing.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::model::{Channel, Kind, Priority};

/// The whole document.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RoutingDocument {
    #[serde(default)]
    #[schema(value_type = Option<contract::schema::Label>)]
    pub(super) receiver: Option<String>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub(super) routes: Vec<RouteRule>,
    #[serde(default)]
    pub(super) receivers: BTreeMap<String, ReceiverChannels>,
}

/// One route.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RouteRule {
    #[serde(default)]
    #[schema(min_items = 1, max_items = 50)]
    pub(super) matchers: Vec<String>,
    #[serde(rename = "type", default)]
    #[schema(min_items = 1, max_items = 5)]
    pub(super) kinds: Vec<Kind>,
    #[serde(rename = "priority", default)]
    #[schema(min_items = 1, max_items = 4)]
    pub(super) priorities: Vec<Priority>,
    #[schema(value_type = contract::schema::Label)]
    pub(super) receiver: String,
}

/// The channels of a receiver.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(min_items = 1, max_items = 10)]
pub(super) struct ReceiverChannels(pub(super) Vec<Channel>);
