//! The analysis: search, ask, validate, conclude.

use std::sync::Arc;

use contract::AuditEvent;
use contract::audit::{ModelAnswer, ModelRequest, WorkflowValidation};
use contract::datastorage::{NewEvent, WorkflowSummary};
use contract::holmesgpt::{
    Analysis, HumanReviewReason, Incident, PreviousExecution, SelectedWorkflow,
};
use kit::Problem;
use kit::outbox::Outbox;
use tokio::time::{Instant, sleep, timeout_at};

use crate::RETRY_AFTER;
use crate::catalog::{Catalog, Mistake, validate};
use crate::conclude::Attempts;
use crate::config::Limits;
use crate::model::{Model, ModelError, Proposal, Question};

/// Finds root causes and chooses workflows.
#[derive(Debug)]
pub struct Analyzer {
    /// The workflows to choose from.
    pub catalog: Catalog,
    /// The model.
    pub model: Arc<dyn Model>,
    /// What the trail is told.
    pub outbox: Outbox,
    /// The name of this service.
    pub actor: &'static str,
    /// The limits of an analysis.
    pub limits: Limits,
}

/// What is to be analyzed.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The remediation request that it belongs to.
    pub correlation_id: &'a str,
    /// The incident.
    pub incident: &'a Incident,
    /// Which attempt at a remedy it is for, from 1.
    pub attempt: u32,
    /// The workflows that have run without success, oldest first.
    pub previous_executions: &'a [PreviousExecution],
}

impl Analyzer {
    /// Analyzes an incident. Its audit events are stored before it returns.
    ///
    /// # Errors
    ///
    /// 503 when the database, the catalog or the model is unavailable.
    pub async fn analyze(&self, case: &Case<'_>) -> Result<Analysis, Problem> {
        let mut warnings = Vec::new();
        if case.incident.degraded_mode {
            warnings.push("nothing is known of the target but the signal".to_owned());
        }
        let workflows = self.catalog.search(case, &mut warnings).await?;
        let mut attempts = Attempts::default();
        let mut question = Question {
            incident: case.incident,
            attempt: case.attempt,
            previous_executions: case.previous_executions,
            workflows: &workflows,
            mistakes: Vec::new(),
        };
        let deadline = Instant::now() + self.limits.analysis_timeout;
        for attempt in 1..=self.limits.llm_attempts {
            match self.ask(case, &question, attempt, deadline).await? {
                Ok(proposal) => {
                    let id = proposal.workflow.as_ref().map(|choice| choice.workflow_id);
                    match self.validate(case, &proposal, attempt, &workflows).await? {
                        Ok(selected) => {
                            attempts.add(attempt, id, Vec::new());
                            let limit = self.limits.min_confidence;
                            return Ok(
                                attempts.conclude(proposal, selected, limit, &workflows, warnings)
                            );
                        }
                        Err(mistakes) => {
                            question.mistakes = texts(&mistakes);
                            attempts.add(attempt, id, texts(&mistakes));
                            attempts.reason = mistakes.first().map(|(reason, _)| *reason);
                            attempts.proposal = Some(proposal);
                        }
                    }
                }
                Err(ModelError::Invalid(errors)) => {
                    question.mistakes.clone_from(&errors);
                    attempts.add(attempt, None, errors);
                    attempts.reason = Some(HumanReviewReason::ModelAnswerInvalid);
                }
                Err(ModelError::Refused(reason)) => {
                    tracing::error!("{reason}");
                    return Err(Problem::unavailable(reason, RETRY_AFTER));
                }
                Err(ModelError::Unavailable { reason, retry_after }) => {
                    let wait = self.limits.llm_backoff.saturating_mul(1 << (attempt - 1));
                    let wait = retry_after.unwrap_or(wait);
                    if attempt == self.limits.llm_attempts || Instant::now() + wait >= deadline {
                        let wait = retry_after.unwrap_or(RETRY_AFTER);
                        return Err(Problem::unavailable(reason, wait));
                    }
                    attempts.add(attempt, None, vec![reason]);
                    sleep(wait).await;
                }
            }
        }
        Ok(attempts.exhausted(warnings))
    }

    /// Asks the model once, and tells the trail.
    async fn ask(
        &self,
        case: &Case<'_>,
        question: &Question<'_>,
        attempt: u32,
        deadline: Instant,
    ) -> Result<Result<Proposal, ModelError>, Problem> {
        let model = self.model.name().to_owned();
        let requested = AuditEvent::ModelRequested(ModelRequest {
            model: model.clone(),
            attempt,
            signal_type: case.incident.signal.name.clone(),
            workflow_ids: question.workflows.iter().map(|known| known.workflow_id).collect(),
        });
        self.tell(case, requested).await?;
        let start = Instant::now();
        let reply = timeout_at(deadline, self.model.ask(question)).await.unwrap_or_else(|_| {
            let reason = "the model did not answer in time (ANALYSIS_TIMEOUT)".to_owned();
            Err(ModelError::Unavailable { reason, retry_after: None })
        });
        let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let proposal = reply.as_ref().ok();
        let choice = proposal.and_then(|proposal| proposal.workflow.as_ref());
        let answered = AuditEvent::ModelAnswered(ModelAnswer {
            model,
            attempt,
            duration_ms,
            confidence: proposal.map(|proposal| proposal.confidence),
            workflow_id: choice.map(|choice| choice.workflow_id),
            error: reply.as_ref().err().map(ModelError::to_string),
        });
        self.tell(case, answered).await?;
        Ok(reply)
    }

    /// Compares the choice of a proposal with the catalog, and tells the trail.
    async fn validate(
        &self,
        case: &Case<'_>,
        proposal: &Proposal,
        attempt: u32,
        offered: &[WorkflowSummary],
    ) -> Result<Result<Option<SelectedWorkflow>, Vec<Mistake>>, Problem> {
        let Some(choice) = &proposal.workflow else { return Ok(Ok(None)) };
        let workflow = self.catalog.workflow(choice.workflow_id).await?;
        let validated = validate(choice, workflow, offered);
        let errors = validated.as_ref().err().map(|mistakes| texts(mistakes)).unwrap_or_default();
        let event = AuditEvent::WorkflowValidated(WorkflowValidation {
            attempt,
            workflow_id: choice.workflow_id,
            is_valid: errors.is_empty(),
            errors,
        });
        self.tell(case, event).await?;
        Ok(validated.map(Some))
    }

    async fn tell(&self, case: &Case<'_>, event: AuditEvent) -> Result<(), Problem> {
        let event = NewEvent::of(&event, case.correlation_id).with_actor("service", self.actor);
        Ok(self.outbox.tell(&[event]).await?)
    }
}

fn texts(mistakes: &[Mistake]) -> Vec<String> {
    mistakes.iter().map(|(_, what)| what.clone()).collect()
}
