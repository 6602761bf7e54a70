//! What is known of the things that signals are about.

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::Schema;

use crate::{Endpoint, NoBody, NoQuery, schema};

/// What is known of a thing: a pod, a deployment, a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InventoryEntry {
    /// Its labels.
    #[serde(default)]
    #[schema(schema_with = texts)]
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    #[serde(default)]
    #[schema(schema_with = texts)]
    pub annotations: BTreeMap<String, String>,
    /// What made it, if anything; of the same namespace.
    #[serde(default)]
    pub owner: Option<Owner>,
    /// How many there are to be of it.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000)]
    pub replicas: Option<u32>,
    /// What else acts on it.
    #[serde(default)]
    pub flags: Detection,
}

/// What made a thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Owner {
    /// What it is, in lower case.
    #[schema(min_length = 1, max_length = 63, example = "deployment")]
    pub kind: String,
    /// Its name.
    #[schema(min_length = 1, max_length = 253, example = "cart")]
    pub name: String,
}

/// What acts on a thing besides its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Detection {
    /// A horizontal pod autoscaler.
    #[serde(default)]
    pub hpa: bool,
    /// A pod disruption budget.
    #[serde(default)]
    pub pdb: bool,
    /// A network policy.
    #[serde(default)]
    pub network_policy: bool,
}

/// What is known of a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamespaceEntry {
    /// Its labels.
    #[serde(default)]
    #[schema(schema_with = texts)]
    pub labels: BTreeMap<String, String>,
}

/// Writes what is known of a thing.
#[derive(Clone, Copy, Debug)]
pub struct PutInventory;

impl Endpoint for PutInventory {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/api/v1/inventory/{namespace}/{kind}/{name}";
    type Request = InventoryEntry;
    type Query = NoQuery;
    type Answer = InventoryEntry;
}

/// What is known of a thing.
#[derive(Clone, Copy, Debug)]
pub struct GetInventory;

impl Endpoint for GetInventory {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/v1/inventory/{namespace}/{kind}/{name}";
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = InventoryEntry;
}

/// Writes what is known of a namespace.
#[derive(Clone, Copy, Debug)]
pub struct PutNamespace;

impl Endpoint for PutNamespace {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/api/v1/inventory/{namespace}";
    type Request = NamespaceEntry;
    type Query = NoQuery;
    type Answer = NamespaceEntry;
}

fn texts() -> Schema {
    schema::texts(100, 317, 1000)
}
