//! Remediation requests: from a signal to its remedy.

mod approval;
mod cancel;
mod resource;

pub use approval::{Approval, ApprovalDecision, ApprovalState, DecideApproval};
pub use cancel::CancelRemediation;
pub use resource::{
    BlockReason, Blocked, Children, RemediationOutcome, RemediationPhase, RemediationRequests,
    RemediationSpec, RemediationStatus,
};
