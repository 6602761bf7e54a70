//! The workflow catalog: workflows, queries and searches.
//!
//! | module | what it has |
//! |---|---|
//! | `definition` | the author's description of a version: [`Definition`], [`NewWorkflow`] |
//! | `labels` | which signals it is for: [`Labels`], [`LabelPattern`] |
//! | `parameter` | its parameters: [`Parameter`] |
//! | `step` | what it does: [`Step`] |
//! | `stored` | a version as the catalog stores it: [`Workflow`], [`WorkflowSummary`] |
//! | `query` | reading lists: [`WorkflowQuery`] |
//! | `search` | finding the workflows that fit a signal: [`WorkflowSearch`], [`WorkflowMatches`] |
//! | `endpoints` | the calls |
//! | `words` | the vocabularies |
//! | `schema` | pieces of the OpenAPI document |

mod definition;
mod endpoints;
mod labels;
mod parameter;
mod query;
mod schema;
mod search;
mod step;
mod stored;
mod words;

pub use definition::{Definition, NewWorkflow};
pub use endpoints::{
    ChangeWorkflow, CreateWorkflow, GetWorkflow, ListWorkflowVersions, ListWorkflows,
    SearchWorkflows,
};
pub use labels::{LabelPattern, Labels};
pub use parameter::Parameter;
pub use query::WorkflowQuery;
pub use search::{WorkflowMatch, WorkflowMatches, WorkflowSearch};
pub use step::Step;
pub use stored::{StatusChange, Workflow, WorkflowPage, WorkflowSummary};
pub use words::{ParameterType, Priority, StepType, WorkflowStatus};
