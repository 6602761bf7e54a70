//! What a workflow does.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{StepType, schema};

/// A step of a workflow. What it needs besides its type is between the author
/// and the service that runs it; the catalog keeps it as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    #[serde(rename = "type")]
    pub kind: StepType,
    /// Everything else: a URL, a duration.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl PartialSchema for Step {
    fn schema() -> RefOr<Schema> {
        Schema::Object(schema::step()).into()
    }
}

impl ToSchema for Step {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((StepType::name().into(), StepType::schema()));
    }
}
