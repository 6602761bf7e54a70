//! What an author says of a version of a workflow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Labels, Parameter, Step, Wanted, schema};

/// What an author says of a version of a workflow, apart from what it does. It
/// never changes: what is to be different is a new version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Definition {
    /// The workflow's name, which its versions share: a lower-case DNS label.
    #[schema(
        min_length = 1,
        max_length = 63,
        pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        example = "restart-pod"
    )]
    pub name: String,
    /// The version's name, compared to the letter and never ordered: a
    /// semantic version, a date, a commit.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._+-]*$",
        example = "1.0.0"
    )]
    pub version: String,
    /// One line for people.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What it mends, and when to choose it; people and models read it.
    #[schema(min_length = 1, max_length = 4000)]
    pub description: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub owner: Option<String>,
    /// Who looks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub maintainer: Option<String>,
    /// The image that runs it, if it needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 512, pattern = "^[!-~]*$")]
    pub container_image: Option<String>,
    /// The image's digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^sha256:[0-9a-f]{64}$")]
    pub container_digest: Option<String>,
    /// Which signals it is for.
    pub labels: Labels,
    /// Further labels that it is made for, of the user's own making.
    #[serde(default)]
    #[schema(schema_with = schema::wanted_custom)]
    pub custom_labels: BTreeMap<String, Wanted<String>>,
    /// Further labels that it is made for, of those that signalprocessing
    /// detects.
    #[serde(default)]
    #[schema(schema_with = schema::wanted_detected)]
    pub detected_labels: BTreeMap<String, Wanted<String>>,
    /// What can be set when it is run, by name.
    #[serde(default)]
    #[schema(schema_with = schema::parameters)]
    pub parameters: BTreeMap<String, Parameter>,
}

/// A version of a workflow on its way into the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewWorkflow {
    /// What it is.
    #[serde(flatten)]
    pub definition: Definition,
    /// What it does, step by step: 1 to 50 steps, at most 64 KiB and 100 levels
    /// as JSON without spaces.
    #[schema(min_items = 1, max_items = 50)]
    pub content: Vec<Step>,
}
