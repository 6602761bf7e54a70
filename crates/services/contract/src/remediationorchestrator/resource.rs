//! A remediation request.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Approval;
use crate::datastorage::Priority;
use crate::holmesgpt::SelectedWorkflow;
use crate::signalprocessing::Signal;
use crate::{schema, words};

/// A signal that asks for a remedy. Its name is the correlation id of all that
/// follows. While a request is not finished, another one with the same fingerprint
/// is answered with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RemediationSpec {
    /// Its name, a lower-case DNS label of at most 46 characters: what is made for it
    /// has longer ones.
    #[schema(value_type = schema::Label, example = "rr-0123456789ab-1700000000")]
    pub name: String,
    /// The signal.
    pub signal: Signal,
}

/// What is known of a remediation request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RemediationStatus {
    /// How many signals there were after the first one.
    pub repetitions: u32,
    /// When the last of them came.
    #[serde(with = "time::serde::rfc3339::option")]
    pub repeated_at: Option<OffsetDateTime>,
    /// What was made for it at other services.
    pub children: Children,
    /// Where it happened, once it is known.
    pub environment: Option<String>,
    /// How urgent it is, once it is known.
    pub priority: Option<Priority>,
    /// The workflow that was chosen.
    pub workflow: Option<SelectedWorkflow>,
    /// Whether somebody has to agree, and what they said.
    pub approval: Option<Approval>,
    /// What holds it up.
    pub blocked: Option<Blocked>,
    /// When it has reserved the target, on which no other request executes anything
    /// until this one has ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub target_reserved_at: Option<OffsetDateTime>,
    /// What it has come to.
    pub outcome: Option<RemediationOutcome>,
    /// The same for people; before that, what it waits for.
    pub message: Option<String>,
    /// When it came into its phase.
    #[serde(with = "time::serde::rfc3339::option")]
    pub phase_since: Option<OffsetDateTime>,
    /// When it has taken too long as a whole. The time for which a rule holds it up
    /// does not count.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deadline: Option<OffsetDateTime>,
}

/// The names of what was made for a request at other services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Children {
    /// At signalprocessing.
    pub signalprocessing: Option<String>,
    /// At aianalysis.
    pub aianalysis: Option<String>,
    /// At workflowexecution.
    pub workflowexecution: Option<String>,
    /// At notification.
    pub notifications: Vec<String>,
}

/// What holds a request up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blocked {
    /// Which rule does.
    pub reason: BlockReason,
    /// Until when, if it is known.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
    /// The request that is in the way, if one is.
    pub by: Option<String>,
}

words! {
    /// The rules that may hold a request up, in the order in which they are asked.
    pub enum BlockReason in "PascalCase" {
        /// The last three requests with this fingerprint have failed.
        ConsecutiveFailures,
        /// Another request is at work on the target.
        TargetBusy,
        /// The same workflow ran on the target a moment ago.
        RecentlyRemediated,
        /// The last request with this fingerprint has failed.
        Backoff,
    }
}

words! {
    /// What a request has come to.
    pub enum RemediationOutcome in "PascalCase" {
        /// The workflow was executed.
        Remediated,
        /// Nothing had to be done.
        WorkflowNotNeeded,
        /// The same workflow was executed on the target a moment ago.
        RecentlyRemediated,
        /// The signal could not be processed.
        ProcessingFailed,
        /// It is not known what to do; a person has to look at it.
        AnalysisFailed,
        /// Somebody did not agree.
        ApprovalRejected,
        /// Nobody has answered in time.
        ApprovalExpired,
        /// The workflow could not be executed, and nothing was done.
        ExecutionNotBegun,
        /// The workflow has failed, and may have done something.
        ExecutionFailed,
        /// A phase, or the whole, took too long.
        TimedOut,
        /// Somebody has ended it.
        Cancelled,
    }
}

crate::phases! {
    /// How far a remediation request is.
    pub enum RemediationPhase,
    ending in [Completed, Failed, TimedOut, Skipped, Cancelled] {
        /// It was accepted.
        Pending,
        /// Its signal is enriched and classified.
        Processing,
        /// The root cause and a workflow are looked for.
        Analyzing,
        /// Somebody has to agree.
        AwaitingApproval,
        /// A rule holds it up.
        Blocked,
        /// The workflow runs.
        Executing,
        /// It is remedied, or needs no remedy.
        Completed,
        /// It is not.
        Failed,
        /// It took too long.
        TimedOut,
        /// It was remedied a moment ago.
        Skipped,
        /// Somebody has ended it.
        Cancelled,
    }
}

crate::resource_kind! {
    /// Remediation requests.
    pub RemediationRequests: "remediationrequest" at "/api/v1/remediationrequests",
    spec: RemediationSpec, correlated by name,
    phase: RemediationPhase,
    status: RemediationStatus,
}
