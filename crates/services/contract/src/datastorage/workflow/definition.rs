//! The author's description of a version of a workflow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{LabelPattern, Labels, Parameter, Step, schema};
use crate::schema as forms;

/// The author's description of a version of a workflow, without its steps. It
/// never changes; a change needs a new version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Definition {
    /// The workflow's name, which its versions share: a lower-case DNS label.
    #[schema(value_type = forms::Label, example = "restart-pod")]
    pub name: String,
    /// The version's name: a semantic version, a date, a commit. Names are
    /// compared for equality and never ordered.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._+-]*$",
        extensions(("x-message" = json!(
            "must begin with a letter or digit and have only letters, digits, '.', '_', '+' and '-'"
        ))),
        example = "1.0.0"
    )]
    pub version: String,
    /// One line for people.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What it fixes and when to choose it, for people and models.
    #[schema(min_length = 1, max_length = 4000)]
    pub description: String,
    /// Who is responsible for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub owner: Option<String>,
    /// Who maintains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub maintainer: Option<String>,
    /// The image that runs it, if it needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 1,
        max_length = 512,
        pattern = "^[!-~]*$",
        extensions(("x-message" = json!("must be ASCII without spaces"))),
    )]
    pub container_image: Option<String>,
    /// The image's digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        pattern = "^sha256:[0-9a-f]{64}$",
        extensions(("x-message" = json!(
            "must be sha256: and 64 lower-case hexadecimal digits"
        ))),
    )]
    pub container_digest: Option<String>,
    /// Which signals it is for.
    pub labels: Labels,
    /// Custom labels that it is made for, defined by the user.
    #[serde(default)]
    #[schema(schema_with = schema::wanted_custom)]
    pub custom_labels: BTreeMap<String, LabelPattern<String>>,
    /// Detected labels that it is made for, found by signalprocessing.
    #[serde(default)]
    #[schema(schema_with = schema::wanted_detected)]
    pub detected_labels: BTreeMap<String, LabelPattern<String>>,
    /// Its parameters, by name.
    #[serde(default)]
    #[schema(schema_with = schema::parameters)]
    pub parameters: BTreeMap<String, Parameter>,
}

/// A new version of a workflow, as a client sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewWorkflow {
    /// The author's description.
    #[serde(flatten)]
    pub definition: Definition,
    /// What it does, step by step: 1 to 50 steps, at most 64 KiB and 100 levels
    /// as JSON without spaces.
    #[schema(min_items = 1, max_items = 50)]
    pub content: Vec<Step>,
}
