//! The phases of an execution: it waits for its target, then makes its steps.

use std::time::Duration;

use contract::datastorage::{GetWorkflow, StepType};
use contract::duration;
use contract::resource::Phase as _;
use contract::workflowexecution::{
    Cancellation, ExecutedStep, ExecutedWorkflow, ExecutionFailure, ExecutionPhase as Phase,
    ExecutionSpec, ExecutionStatus, FailureReason, StepAction, WaitReason, Waiting,
    WorkflowExecutions,
};
use kit::resource::{Row, Rows, Rules};
use kit::{Peer, PeerError, Problem, Violations};
use time::OffsetDateTime;

use crate::config::Limits;
use crate::plan::plan;
use crate::request::{Client, Request};
use crate::told;

type Step = kit::resource::Step<WorkflowExecutions>;

/// The key of executions that have had a target, and ended.
const ENDED_ON: &str = "ended-on";

/// How many of them are looked at: the last one to end need not have been created
/// last.
const LAST: u32 = 20;

/// The longest timeout that an execution may ask for.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// How many characters a failure's message has at most.
const MAX_MESSAGE: usize = 2000;

/// What the steps need.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Where workflows come from.
    pub catalog: Peer,
    /// How steps reach their targets.
    pub client: Client,
    /// How long things may take.
    pub limits: Limits,
}

impl Rules for Execution {
    type Kind = WorkflowExecutions;
    const RULES: &'static [&'static str] = &["timeout must be longer"];

    fn admit(&self, spec: &mut ExecutionSpec, violations: &mut Violations) {
        let is_possible = |timeout: Duration| !timeout.is_zero() && timeout <= MAX_TIMEOUT;
        if !spec.timeout.is_none_or(is_possible) {
            violations.refuse("timeout", "must be longer than 0s and at most a day");
        }
    }

    fn keys(&self, row: &Row<WorkflowExecutions>) -> Vec<(&'static str, String)> {
        let has_ended = row.phase.is_final() && row.status.started_at.is_some();
        has_ended.then(|| (ENDED_ON, row.spec.target.to_string())).into_iter().collect()
    }

    async fn step(
        &self,
        row: &Row<WorkflowExecutions>,
        others: &Rows<WorkflowExecutions>,
    ) -> anyhow::Result<Step> {
        match row.phase {
            Phase::Pending => self.prepare(row, others).await,
            _ => Ok(self.run(row).await),
        }
    }

    fn taken(&self, row: &Row<WorkflowExecutions>, by: &str) -> Step {
        let waiting = Waiting { reason: WaitReason::TargetBusy, by: by.to_owned(), until: None };
        wait(row, waiting, row.now + self.limits.target_interval)
    }
}

impl Execution {
    /// Looks the workflow up, reserves the target, waits until it has been left alone
    /// long enough, and begins.
    ///
    /// The target is reserved before anything else is asked of it: what has ended on
    /// it by then is all that will.
    async fn prepare(
        &self,
        row: &Row<WorkflowExecutions>,
        others: &Rows<WorkflowExecutions>,
    ) -> anyhow::Result<Step> {
        let id = row.spec.workflow_id.to_string();
        let workflow = match self.catalog.call::<GetWorkflow>().path(&[&id]).send().await {
            Ok(workflow) => workflow,
            Err(error) => match self.for_good(&error, row.attempts) {
                Some(reason) => return Ok(failed(row.stay(), row, reason, &error.to_string())),
                None => return Err(error.into()),
            },
        };
        let definition = &workflow.summary.definition;
        let executed = ExecutedWorkflow {
            workflow_id: workflow.summary.workflow_id,
            name: definition.name.clone(),
            version: definition.version.clone(),
        };
        let mut step = row.stay();
        step.status.workflow = Some(executed.clone());
        let actions = match plan(&workflow, &row.spec.parameters) {
            Ok(actions) => actions,
            Err(refusal) => {
                return Ok(failed(step, row, FailureReason::ConfigurationError, &refusal));
            }
        };
        if row.status.target_reserved_at.is_none() {
            step.status.target_reserved_at = Some(row.now);
            step.status.waiting = None;
            return Ok(step.claim(format!("target:{}", row.spec.target)));
        }
        let ended = others.with(ENDED_ON, &row.spec.target.to_string(), LAST).await?;
        let last = ended.iter().max_by_key(|other| other.completed_at);
        if let Some((other, ended_at)) = last.and_then(|other| Some((other, other.completed_at?)))
            && ended_at + self.limits.cool_down > row.now
        {
            let until = ended_at + self.limits.cool_down;
            let by = other.spec.name.clone();
            let waiting = Waiting { reason: WaitReason::CoolDown, by, until: Some(until) };
            return Ok(wait(row, waiting, until));
        }
        let mut step = row.to(Phase::Running);
        step.status = ExecutionStatus {
            waiting: None,
            workflow: Some(executed.clone()),
            started_at: Some(row.now),
            steps: actions.into_iter().map(unmade).collect(),
            ..step.status
        };
        let event = told::started(&row.spec, executed, &step.status.steps);
        Ok(step.tell(event))
    }

    /// Why an answer of the catalog ends the execution; `None` if another one may
    /// come.
    fn for_good(&self, error: &PeerError, attempts: u32) -> Option<FailureReason> {
        match error {
            PeerError::Refused { status: 404, .. } => Some(FailureReason::ConfigurationError),
            PeerError::Refused { status: 401 | 403, .. } => Some(FailureReason::Forbidden),
            error if error.may_pass() || attempts < self.limits.catalog_attempts => None,
            _ => Some(FailureReason::Unknown),
        }
    }

    /// Makes the next step of the workflow.
    async fn run(&self, row: &Row<WorkflowExecutions>) -> Step {
        let steps = &row.status.steps;
        let Some(index) = steps.iter().position(|step| step.ended_at.is_none()) else {
            return ended(row.to(Phase::Completed), row, row.now);
        };
        let timeout = row.spec.timeout.unwrap_or(self.limits.execution_timeout);
        let deadline = row.status.started_at.unwrap_or(row.now) + timeout;
        let Some(left) = Duration::try_from(deadline - row.now).ok().filter(|left| !left.is_zero())
        else {
            let message = format!("all steps took longer than {}", duration::format(timeout));
            let failure = (FailureReason::DeadlineExceeded, message);
            return made(row, index, row.now, None, Some(failure));
        };
        match &steps[index].action {
            StepAction::Wait { duration } => {
                let started_at = steps[index].started_at.unwrap_or(row.now);
                let due = started_at + *duration;
                if due <= row.now {
                    return made(row, index, row.now, None, None);
                }
                let mut step = row.stay().at(due.min(deadline));
                step.status.steps[index].started_at = Some(started_at);
                step
            }
            StepAction::Http { method, url, expect, body } => {
                let key = format!("{}-{}", row.id, index + 1);
                let start = tokio::time::Instant::now();
                let timeout = self.limits.step_timeout.min(left);
                let (method, expect, body) = (*method, *expect, body.as_ref());
                let request = Request { method, url, expect, body, key: &key, timeout };
                let outcome = self.client.send(request).await;
                let ended_at = row.now + start.elapsed();
                made(row, index, ended_at, outcome.http_status, outcome.failure)
            }
        }
    }
}

/// Ends an execution early, if it has not ended.
///
/// # Errors
///
/// A conflict if it has.
pub fn cancel(
    _: &Execution,
    row: &Row<WorkflowExecutions>,
    cancellation: Cancellation,
) -> Result<Step, Problem> {
    if row.phase.is_final() {
        let name = &row.spec.name;
        return Err(Problem::conflict(format!("{name} is {} already", row.phase)));
    }
    let mut step = row.to(Phase::Cancelled);
    step.status.cancellation = Some(cancellation.reason);
    step.status.waiting = None;
    Ok(ended(step, row, row.now))
}

/// A step that has not been made.
fn unmade(action: StepAction) -> ExecutedStep {
    ExecutedStep {
        action,
        started_at: None,
        ended_at: None,
        http_status: None,
        error: None,
        repeated: false,
    }
}

/// The execution goes on waiting.
fn wait(row: &Row<WorkflowExecutions>, waiting: Waiting, until: OffsetDateTime) -> Step {
    let mut step = row.stay().at(until);
    step.status.waiting = Some(waiting);
    step
}

/// A step was made; the execution has ended with the last one, or with one that failed.
fn made(
    row: &Row<WorkflowExecutions>,
    index: usize,
    ended_at: OffsetDateTime,
    http_status: Option<u16>,
    failure: Option<(FailureReason, String)>,
) -> Step {
    let mut step = row.stay();
    let record = &mut step.status.steps[index];
    record.started_at = record.started_at.or(Some(row.now));
    record.ended_at = Some(ended_at);
    record.http_status = http_status;
    record.error = failure.as_ref().map(|(_, message)| message.clone());
    record.repeated = row.repeated && record.action.kind() == StepType::Http;
    let is_last = index + 1 == step.status.steps.len();
    match failure {
        Some((reason, message)) => {
            step.status.failure = Some(ExecutionFailure {
                reason,
                message,
                step: u32::try_from(index + 1).ok(),
                was_execution_failure: true,
            });
            ended(Step::to(Phase::Failed, step.status), row, ended_at)
        }
        None if is_last => ended(Step::to(Phase::Completed, step.status), row, ended_at),
        None => step,
    }
}

/// The execution cannot begin.
fn failed(step: Step, row: &Row<WorkflowExecutions>, reason: FailureReason, message: &str) -> Step {
    let mut step = Step::to(Phase::Failed, step.status);
    let message = message.chars().take(MAX_MESSAGE).collect();
    step.status.waiting = None;
    step.status.failure =
        Some(ExecutionFailure { reason, message, step: None, was_execution_failure: false });
    ended(step, row, row.now)
}

/// The trail is told that an execution has ended.
fn ended(step: Step, row: &Row<WorkflowExecutions>, now: OffsetDateTime) -> Step {
    let event = told::ended(step.phase(), &row.spec, &step.status, now);
    step.tell(event)
}
