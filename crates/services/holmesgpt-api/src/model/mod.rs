//! Models, and what they propose.

mod chat;
mod deterministic;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::Duration;

use contract::datastorage::WorkflowSummary;
use contract::holmesgpt::{Incident, PreviousExecution};
use kit::check::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

pub use chat::ChatCompletions;
pub use deterministic::Deterministic;

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::of::<Proposal>);

/// Says what is wrong and what to do.
pub trait Model: Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// Asks it.
    fn ask<'a>(&'a self, question: &'a Question<'a>) -> Reply<'a>;
}

/// An answer to come.
pub type Reply<'a> = Pin<Box<dyn Future<Output = Result<Proposal, ModelError>> + Send + 'a>>;

/// What a model is asked. All of it is data, whatever its texts say.
#[derive(Debug, Serialize)]
pub struct Question<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// Which attempt at a remedy it is for, from 1.
    pub attempt: u32,
    /// The workflows that have run without success, oldest first.
    pub previous_executions: &'a [PreviousExecution],
    /// The workflows that it may choose from, best first.
    pub workflows: &'a [WorkflowSummary],
    /// What was wrong with its last answer.
    pub mistakes: Vec<String>,
}

/// What a model proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// What is wrong, and why.
    #[schema(min_length = 1, max_length = 2000)]
    pub root_cause: String,
    /// What contributes to it.
    #[serde(default)]
    #[schema(schema_with = texts)]
    pub contributing_factors: Vec<String>,
    /// How sure it is.
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
    /// What is to be done.
    pub verdict: Verdict,
    /// The workflow to run, with the verdict `remedy`.
    #[serde(default)]
    pub workflow: Option<Choice>,
    /// Workflows that may be run instead, best first.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub alternatives: Vec<Other>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A workflow is to be run.
    Remedy,
    /// Something, but no workflow fits.
    NoWorkflow,
    /// Nothing.
    NotNeeded,
    /// It is not known what is wrong.
    Inconclusive,
}

/// A workflow to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    /// The id of its version.
    pub workflow_id: Uuid,
    /// Its image, to compare; that of the catalog if it is not named.
    #[serde(default)]
    #[schema(max_length = 512)]
    pub container_image: Option<String>,
    /// Its parameters.
    #[serde(default)]
    #[schema(schema_with = parameters)]
    pub parameters: BTreeMap<String, Value>,
    /// Why it was chosen.
    #[schema(min_length = 1, max_length = 2000)]
    pub rationale: String,
}

/// A workflow that may be run instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Other {
    /// The id of its version.
    pub workflow_id: Uuid,
    /// Why it may be chosen.
    #[schema(min_length = 1, max_length = 2000)]
    pub rationale: String,
}

/// Why there is no proposal.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// There was no answer; there may be one later.
    #[error("{reason}")]
    Unavailable {
        /// What has happened.
        reason: String,
        /// How long the model wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// It answers nobody who asks like this.
    #[error("{0}")]
    Refused(String),
    /// The answer is not a proposal.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
}

impl Proposal {
    /// Reads the text that a model has answered: one JSON object, and nothing else.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| vec![format!("the answer is not JSON: {error}")])?;
        let proposal: Self = SCHEMA.read(value).map_err(|violations| {
            let line = |violation: &kit::Violation| {
                let line = format!("{} {}", violation.field, violation.message);
                line.chars().take(200).collect()
            };
            violations.iter().take(20).map(line).collect::<Vec<_>>()
        })?;
        match (proposal.verdict, &proposal.workflow) {
            (Verdict::Remedy, None) => Err(vec!["workflow is missing".to_owned()]),
            (verdict, Some(_)) if verdict != Verdict::Remedy => {
                Err(vec!["workflow is there without the verdict remedy".to_owned()])
            }
            _ => Ok(proposal),
        }
    }
}

fn texts() -> utoipa::openapi::Schema {
    contract::schema::from_json(serde_json::json!({
        "type": "array", "maxItems": 20, "items": { "type": "string", "maxLength": 500 },
    }))
}

fn parameters() -> utoipa::openapi::Schema {
    contract::schema::from_json(serde_json::json!({
        "type": "object",
        "maxProperties": 50,
        "propertyNames": { "type": "string", "maxLength": 63 },
        "additionalProperties": true,
    }))
}
