//! Analyses: what is wrong, what to do, and whether somebody has to agree.

mod resource;

pub use resource::{
    AiAnalyses, AnalysisPhase, AnalysisReason, AnalysisSpec, AnalysisStatus, ApprovalNeed,
    ApprovalReason,
};
