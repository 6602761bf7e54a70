//! Somebody's agreement to a remedy.

use http::Method;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::RemediationRequests;
use crate::aianalysis::ApprovalReason;
use crate::resource::Resource;
use crate::{Endpoint, NoQuery, words};

/// Whether somebody has to agree, and what they said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// What they said.
    pub state: ApprovalState,
    /// Why they are asked.
    pub reasons: Vec<ApprovalReason>,
    /// When they no longer need to answer.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Who answered.
    pub decided_by: Option<String>,
    /// What they said besides.
    pub comment: Option<String>,
}

words! {
    /// What somebody said who has to agree.
    pub enum ApprovalState in "lowercase" {
        /// Nothing yet.
        Requested,
        /// Yes.
        Approved,
        /// No.
        Rejected,
        /// Nothing in time.
        Expired,
    }
}

/// Somebody's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalDecision {
    /// Whether they agree.
    pub approved: bool,
    /// Who they are.
    #[schema(min_length = 1, max_length = 255)]
    pub decided_by: String,
    /// What they say besides.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub comment: Option<String>,
}

/// Agrees to a remedy, or does not.
#[derive(Clone, Copy, Debug)]
pub struct DecideApproval;

impl Endpoint for DecideApproval {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/v1/remediationrequests/{name}/approval";
    type Request = ApprovalDecision;
    type Query = NoQuery;
    type Answer = Resource<RemediationRequests>;
}
