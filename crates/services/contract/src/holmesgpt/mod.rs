//! Finding root causes and choosing workflows.

mod analysis;
mod endpoints;
mod incident;

pub use analysis::{
    Alternative, Analysis, HumanReviewReason, RootCause, SelectedWorkflow, ValidationAttempt,
};
pub use endpoints::{AnalyzeIncident, AnalyzeRecovery};
pub use incident::{Incident, IncidentRequest, PreviousExecution, RecoveryRequest};
