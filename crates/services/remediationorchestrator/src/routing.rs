//! The rules that are asked before a workflow is executed.
//!
//! | rule | what it comes to |
//! |---|---|
//! | the last requests of the signal have all failed | held up for an hour |
//! | another request is at work on the target | held up until it has ended |
//! | the workflow was executed on the target a moment ago | skipped |
//! | the last request of the signal has failed | held up for 1, 2, 4 … 10 min |
//!
//! The first one that applies decides. Whether the target is free is for the database
//! to say: a request claims it.

use std::time::Duration;

use contract::remediationorchestrator::{
    BlockReason, Blocked, RemediationOutcome, RemediationPhase as Phase, RemediationRequests,
};
use kit::config::interval;
use kit::resource::Row;
use time::OffsetDateTime;
use uuid::Uuid;

/// The limits of the rules.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct RoutingLimits {
    /// After how many failures of a signal in succession it is left alone for longer.
    #[arg(long, env, default_value = "3", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub failure_limit: u32,

    /// For how long it is left alone then.
    #[arg(long, env, default_value = "1h", value_parser = kit::duration::parse)]
    pub failure_cool_down: Duration,

    /// For how long a workflow is not executed again on a target that it has remedied.
    #[arg(long, env, default_value = "5m", value_parser = kit::duration::parse)]
    pub remedied_interval: Duration,

    /// How long to wait after a failure of a signal. It doubles with each.
    #[arg(long, env, default_value = "1m", value_parser = interval)]
    pub backoff: Duration,

    /// The longest wait after a failure.
    #[arg(long, env, default_value = "10m", value_parser = interval)]
    pub max_backoff: Duration,
}

/// A request that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Its name.
    pub name: String,
    /// How it has ended.
    pub phase: Phase,
    /// What it has come to.
    pub outcome: Option<RemediationOutcome>,
    /// The same for people.
    pub message: Option<String>,
    /// When.
    pub ended_at: OffsetDateTime,
    /// The workflow that it has executed, if it has.
    pub executed: Option<Uuid>,
}

impl Earlier {
    /// What a request has come to; nothing if it has not ended.
    #[must_use]
    pub fn of(row: Row<RemediationRequests>) -> Option<Self> {
        let status = row.status;
        let is_executed = status.children.workflowexecution.is_some();
        Some(Self {
            ended_at: row.completed_at?,
            name: row.spec.name,
            phase: row.phase,
            outcome: status.outcome,
            message: status.message,
            executed: status.workflow.map(|it| it.workflow_id).filter(|_| is_executed),
        })
    }
}

/// The failures of a signal since it was remedied last, the newest first, from its
/// requests in this order. Requests that were skipped or cancelled tell nothing.
pub fn failures(requests: &[Earlier]) -> impl Iterator<Item = &Earlier> {
    let newer = requests.iter().take_while(|request| request.phase != Phase::Completed);
    newer.filter(|request| matches!(request.phase, Phase::Failed | Phase::TimedOut))
}

/// Whether too many requests of a signal have failed, from its requests.
#[must_use]
pub fn too_many_failures(
    requests: &[Earlier],
    limits: &RoutingLimits,
    now: OffsetDateTime,
) -> Option<Blocked> {
    let is_limit = failures(requests).count() >= limits.failure_limit as usize;
    let wait = Some(limits.failure_cool_down).filter(|_| is_limit)?;
    after_last_failure(requests, BlockReason::ConsecutiveFailures, wait, now)
}

/// Whether the last request of a signal has failed a moment ago, from its requests.
#[must_use]
pub fn backoff(
    requests: &[Earlier],
    limits: &RoutingLimits,
    now: OffsetDateTime,
) -> Option<Blocked> {
    let wait = wait_after(failures(requests).count(), limits);
    after_last_failure(requests, BlockReason::Backoff, wait, now)
}

fn after_last_failure(
    requests: &[Earlier],
    reason: BlockReason,
    wait: Duration,
    now: OffsetDateTime,
) -> Option<Blocked> {
    let last = failures(requests).next()?;
    let until = last.ended_at + wait;
    (now < until).then(|| Blocked { reason, until: Some(until), by: Some(last.name.clone()) })
}

/// How long to wait after so many failures.
fn wait_after(failures: usize, limits: &RoutingLimits) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    limits.backoff.saturating_mul(1 << doublings).min(limits.max_backoff)
}

/// The request that has executed a workflow with success a moment ago, from those that
/// have remedied the same target.
#[must_use]
pub fn recently_remedied<'a>(
    requests: &'a [Earlier],
    workflow: Uuid,
    limits: &RoutingLimits,
    now: OffsetDateTime,
) -> Option<&'a Earlier> {
    requests.iter().find(|request| {
        request.outcome == Some(RemediationOutcome::Remediated)
            && request.executed == Some(workflow)
            && now < request.ended_at + limits.remedied_interval
    })
}

#[cfg(test)]
#[path = "routing_tests.rs"]
mod tests;
