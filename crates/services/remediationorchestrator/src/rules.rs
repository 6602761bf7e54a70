//! The phases of a request: processed, analyzed, agreed to, executed.

use anyhow::Context as _;
use contract::AuditEvent;
use contract::audit::{ExpiredApproval, PhaseChange, RemediationStart};
use contract::remediationorchestrator::{
    ApprovalState, BlockReason, Blocked, RemediationOutcome as Outcome, RemediationPhase as Phase,
    RemediationRequests, RemediationSpec, RemediationStatus,
};
use kit::Violations;
use kit::resource::{Row, Rows, Rules};

use crate::config::{Limits, Peers};
use crate::notify::MAX_NAME;
use crate::routing::{self, Earlier, RoutingLimits};
use crate::step::{Step, end, enter, hold_up, is_execution_left, result};

/// The key of requests by their signal.
const SIGNAL: &str = "fingerprint";

/// The key of requests by the target that they have remedied.
const REMEDIED: &str = "remedied";

/// How many earlier requests are looked at.
const LAST: u32 = 50;

/// What the steps need.
#[derive(Clone, Debug)]
pub struct Remediation {
    /// The services that do the work.
    pub peers: Peers,
    /// How long things may take.
    pub limits: Limits,
    /// The limits of the rules that are asked before a workflow is executed.
    pub routing: RoutingLimits,
}

impl Rules for Remediation {
    type Kind = RemediationRequests;
    const RULES: &'static [&'static str] = &["name must have at most"];
    const REMOVES: bool = true;

    fn admit(&self, spec: &mut RemediationSpec, violations: &mut Violations) {
        if spec.name.len() > MAX_NAME {
            violations.refuse("name", format!("must have at most {MAX_NAME} characters"));
        }
    }

    fn identity(&self, spec: &RemediationSpec) -> Option<String> {
        Some(format!("fingerprint:{}", spec.signal.fingerprint))
    }

    fn again(&self, row: &mut Row<RemediationRequests>) -> Vec<AuditEvent> {
        row.status.repetitions = row.status.repetitions.saturating_add(1);
        row.status.repeated_at = Some(row.now);
        Vec::new()
    }

    fn keep(&self, from: &RemediationStatus, into: &mut RemediationStatus) {
        into.repetitions = from.repetitions;
        into.repeated_at = from.repeated_at;
    }

    fn created(&self, row: &Row<RemediationRequests>) -> Vec<AuditEvent> {
        let signal = row.spec.signal.clone();
        vec![AuditEvent::RemediationStarted(RemediationStart {
            fingerprint: signal.fingerprint,
            name: signal.name,
            severity: signal.severity,
            target: signal.target,
        })]
    }

    fn keys(&self, row: &Row<RemediationRequests>) -> Vec<(&'static str, String)> {
        let signal = &row.spec.signal;
        let is_remedied = row.status.outcome == Some(Outcome::Remediated);
        let remedied = is_remedied.then(|| (REMEDIED, signal.target.to_string()));
        [(SIGNAL, signal.fingerprint.clone())].into_iter().chain(remedied).collect()
    }

    async fn step(
        &self,
        row: &Row<RemediationRequests>,
        others: &Rows<RemediationRequests>,
    ) -> anyhow::Result<Step> {
        match row.phase {
            Phase::Pending => {
                let mut step = enter(row, Phase::Processing);
                step.status.deadline = Some(row.created_at + self.limits.global_timeout);
                Ok(step)
            }
            Phase::Processing => Ok(self.processed(row.clone()).await),
            Phase::Analyzing if row.status.workflow.is_none() => {
                self.analyzed(row.clone(), others).await
            }
            Phase::AwaitingApproval => self.agreed(row, others).await,
            Phase::Analyzing | Phase::Blocked => self.route(row, others).await,
            Phase::Executing => self.executed(row.clone()).await,
            _ => self.follow_up(row).await,
        }
    }

    fn taken(&self, row: &Row<RemediationRequests>, by: &str) -> Step {
        let by = Some(by.to_owned());
        let blocked = Blocked { reason: BlockReason::TargetBusy, until: None, by };
        hold_up(row, blocked, row.now + self.limits.poll_interval)
    }

    fn moved(&self, from: Phase, row: &Row<RemediationRequests>) -> Vec<AuditEvent> {
        let (from, to) = (from.to_string(), row.phase.to_string());
        let change = AuditEvent::RemediationPhaseChanged(PhaseChange { from, to });
        result(row).into_iter().chain([change]).collect()
    }

    async fn remove(&self, row: &Row<RemediationRequests>) -> anyhow::Result<()> {
        self.remove_children(&row.spec.name).await
    }
}

impl Remediation {
    /// Asks somebody, and waits for the answer.
    async fn agreed(
        &self,
        row: &Row<RemediationRequests>,
        others: &Rows<RemediationRequests>,
    ) -> anyhow::Result<Step> {
        let approval = row.status.approval.as_ref().context("there is no approval")?;
        if approval.state == ApprovalState::Approved {
            return self.route(row, others).await;
        }
        let expires_at = approval.expires_at;
        if expires_at <= row.now {
            let message = "nobody has agreed to the workflow in time".to_owned();
            let expired = AuditEvent::ApprovalExpired(ExpiredApproval { expires_at });
            let mut row = row.clone();
            if let Some(approval) = &mut row.status.approval {
                approval.state = ApprovalState::Expired;
            }
            return Ok(end(&row, Outcome::ApprovalExpired, message, Some(expired)));
        }
        let due = row.status.deadline.map_or(expires_at, |deadline| deadline.min(expires_at));
        if due <= row.now {
            return Ok(self.timed_out(row));
        }
        let mut step = row.stay();
        match self.notify(row).await {
            Ok(name) => {
                step.status.children.notifications.extend(name);
                Ok(step.at(due))
            }
            // Somebody may answer without having been told.
            Err(error) => {
                tracing::warn!("nobody is told yet: {error}");
                Ok(step.at(self.next_poll(row, &error).min(due)))
            }
        }
    }

    /// Asks the rules whether the workflow may be executed now.
    async fn route(
        &self,
        row: &Row<RemediationRequests>,
        others: &Rows<RemediationRequests>,
    ) -> anyhow::Result<Step> {
        let (limits, now) = (&self.routing, row.now);
        let workflow = row.status.workflow.as_ref().context("there is no workflow")?;
        let earlier = of_signal(row, others).await?;
        let target = row.spec.signal.target.to_string();
        let claim = format!("target:{target}");
        // Others may have the target meanwhile.
        let hold_up = |blocked: Blocked| {
            let until = blocked.until.unwrap_or(now);
            let mut step = hold_up(row, blocked, until).release(claim.clone());
            step.status.target_reserved_at = None;
            step
        };
        // The time for which a rule holds it up does not count.
        if row.phase != Phase::Blocked && row.status.deadline.is_some_and(|due| due <= now) {
            return Ok(self.timed_out(row));
        }
        if let Some(blocked) = routing::too_many_failures(&earlier, limits, now) {
            return Ok(hold_up(blocked));
        }
        // The target is reserved before others are looked at: what has ended on it by
        // then is all that will.
        if row.status.target_reserved_at.is_none() {
            let mut step = row.stay().claim(claim);
            step.status.target_reserved_at = Some(now);
            return Ok(step);
        }
        let on_target = others.with(REMEDIED, &target, LAST).await?;
        let on_target: Vec<_> = on_target.into_iter().filter_map(Earlier::of).collect();
        let id = workflow.workflow_id;
        if let Some(other) = routing::recently_remedied(&on_target, id, limits, now) {
            let (workflow, by) = (&workflow.name, &other.name);
            let message = format!("{by} has executed workflow {workflow} on {target} just now");
            return Ok(end(row, Outcome::RecentlyRemediated, message, None));
        }
        if let Some(blocked) = routing::backoff(&earlier, limits, now) {
            return Ok(hold_up(blocked));
        }
        Ok(enter(row, Phase::Executing))
    }

    /// Does what follows from the end of a request.
    async fn follow_up(&self, row: &Row<RemediationRequests>) -> anyhow::Result<Step> {
        let is_execution_left = is_execution_left(row.phase, &row.status);
        // People first: that workflowexecution is away may be what they are told of.
        if let Some(name) = self.notify(row).await? {
            let mut step = row.stay();
            step.status.children.notifications.push(name);
            return Ok(if is_execution_left { step.follow_up() } else { step });
        }
        if is_execution_left {
            let reason = row.status.message.as_deref().unwrap_or_default();
            let reason = format!("the request has ended: {reason}");
            self.cancel_execution(&row.spec.name, &reason).await?;
        }
        Ok(row.stay())
    }
}

/// The requests of the same signal that have ended, the newest first.
pub(crate) async fn of_signal(
    row: &Row<RemediationRequests>,
    others: &Rows<RemediationRequests>,
) -> anyhow::Result<Vec<Earlier>> {
    let requests = others.with(SIGNAL, &row.spec.signal.fingerprint, LAST).await?;
    Ok(requests.into_iter().filter_map(Earlier::of).collect())
}
