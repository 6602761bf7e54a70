//! Remediation requests: from a signal to its remedy.

mod approval;
mod resource;

pub use approval::{Approval, ApprovalDecision, ApprovalState, DecideApproval};
pub use resource::{
    BlockReason, Blocked, Children, RemediationPhase, RemediationRequests, RemediationSpec,
    RemediationStatus,
};
