//! The workflow catalog: what a workflow is, and what is asked about it.
//!
//! | module | what it has |
//! |---|---|
//! | `definition` | what an author says of a version: [`Definition`], [`NewWorkflow`] |
//! | `labels` | which signals it is for: [`Labels`], [`Wanted`] |
//! | `parameter` | what can be set when it is run: [`Parameter`] |
//! | `step` | what it does: [`Step`] |
//! | `stored` | what the catalog keeps of it: [`Workflow`], [`WorkflowSummary`] |
//! | `query` | reading lists: [`WorkflowQuery`] |
//! | `search` | finding what fits a signal: [`WorkflowSearch`], [`WorkflowMatches`] |
//! | `words` | the closed vocabularies |
//! | `schema` | pieces of the OpenAPI document |

mod definition;
mod labels;
mod parameter;
mod query;
mod schema;
mod search;
mod step;
mod stored;
mod words;

pub use definition::{Definition, NewWorkflow};
pub use labels::{Labels, Wanted};
pub use parameter::Parameter;
pub use query::WorkflowQuery;
pub use search::{WorkflowMatch, WorkflowMatches, WorkflowSearch};
pub use step::Step;
pub use stored::{StatusChange, Workflow, WorkflowPage, WorkflowSummary};
pub use words::{ParameterType, Priority, StepType, WorkflowStatus};
