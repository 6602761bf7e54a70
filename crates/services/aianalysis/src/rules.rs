//! The phases of an analysis: investigated, then decided.

use anyhow::Context as _;
use contract::AuditEvent;
use contract::aianalysis::{AiAnalyses, AnalysisPhase as Phase, AnalysisReason, AnalysisSpec};
use contract::audit::{AnalysisResult, ApprovalDecided, PhaseChange};
use kit::resource::{Row, Rows, Rules, Step};
use kit::{Peer, Violations};

use crate::config::Limits;
use crate::decide::{Conclusion, approval, conclude};
use crate::investigate::{CallError, call};

/// What the steps need.
#[derive(Clone, Debug)]
pub struct Analyses {
    /// Where incidents are analyzed.
    pub holmesgpt: Peer,
    /// The limits of an analysis.
    pub limits: Limits,
}

impl Analyses {
    /// Calls holmesgpt-api once.
    async fn investigated(&self, row: &Row<AiAnalyses>) -> Step<AiAnalyses> {
        let number = row.status.calls + 1;
        let timeout = self.limits.call_timeout;
        let (told, answer) = call(&self.holmesgpt, &row.spec, timeout, number).await;
        let told = AuditEvent::InvestigationCalled(told);
        let mut step = match answer {
            Ok(analysis) => {
                let mut step = row.to(Phase::Analyzing).tell(told);
                step.status.analysis = Some(analysis);
                step.status.message = None;
                step
            }
            Err(CallError { reason, may_pass, retry_after })
                if may_pass && number < self.limits.max_calls =>
            {
                let wait = self.limits.wait(number).max(retry_after.unwrap_or_default());
                tracing::info!(number, ?wait, reason, "calling again later");
                let mut step = row.stay().tell(told).at(row.now + wait);
                step.status.message = Some(format!("it is tried again: {reason}"));
                step
            }
            Err(CallError { reason, may_pass, .. }) => {
                let (reason, message) = if may_pass {
                    (AnalysisReason::RetriesExhausted, format!("after {number} calls: {reason}"))
                } else {
                    (AnalysisReason::InvestigationRefused, reason)
                };
                let failed = Conclusion { is_success: false, reason, sub_reason: None, message };
                ended(row, failed, Some(told))
            }
        };
        step.status.calls = number;
        step
    }

    /// Decides what follows from the answer.
    fn analyzed(&self, row: &Row<AiAnalyses>) -> anyhow::Result<Step<AiAnalyses>> {
        let analysis = row.status.analysis.as_ref().context("there is no analysis")?;
        let conclusion = conclude(analysis);
        if conclusion.reason != AnalysisReason::WorkflowSelected {
            return Ok(ended(row, conclusion, None));
        }
        let need = approval(&row.spec, analysis, self.limits.approval_attempt);
        let decided = AuditEvent::ApprovalNeedDecided(ApprovalDecided {
            required: need.required,
            reasons: need.reasons.clone(),
            environment: row.spec.incident.environment.clone(),
            attempt: row.spec.attempt,
        });
        let mut step = ended(row, conclusion, Some(decided));
        step.status.approval = Some(need);
        Ok(step)
    }
}

impl Rules for Analyses {
    type Kind = AiAnalyses;

    const RULES: &'static [&'static str] = &[
        "previous_executions are required from the second attempt on",
        "previous_executions must not be there in the first attempt",
    ];

    fn admit(&self, spec: &mut AnalysisSpec, violations: &mut Violations) {
        match (spec.attempt > 1, spec.previous_executions.is_empty()) {
            (true, true) => {
                violations.refuse("previous_executions", "are required from the second attempt on");
            }
            (false, false) => {
                violations.refuse("previous_executions", "must not be there in the first attempt");
            }
            _ => {}
        }
    }

    async fn step(
        &self,
        row: &Row<AiAnalyses>,
        _: &Rows<AiAnalyses>,
    ) -> anyhow::Result<Step<AiAnalyses>> {
        match row.phase {
            Phase::Pending => Ok(row.to(Phase::Investigating)),
            Phase::Investigating => Ok(self.investigated(row).await),
            _ => self.analyzed(row),
        }
    }

    fn moved(&self, from: Phase, row: &Row<AiAnalyses>) -> Vec<AuditEvent> {
        let (from, to) = (from.to_string(), row.phase.to_string());
        vec![AuditEvent::AnalysisPhaseChanged(PhaseChange { from, to })]
    }
}

/// The last step, told after `first`.
fn ended(
    row: &Row<AiAnalyses>,
    conclusion: Conclusion,
    first: Option<AuditEvent>,
) -> Step<AiAnalyses> {
    let Conclusion { is_success, reason, sub_reason, message } = conclusion;
    let analysis = row.status.analysis.as_ref();
    let selected = analysis.and_then(|analysis| analysis.selected_workflow.as_ref());
    let result = AnalysisResult {
        reason,
        sub_reason,
        message: message.clone(),
        workflow_id: selected.map(|workflow| workflow.workflow_id),
        confidence: analysis.map(|analysis| analysis.confidence),
    };
    let (phase, event) = if is_success {
        (Phase::Completed, AuditEvent::AnalysisCompleted(result))
    } else {
        (Phase::Failed, AuditEvent::AnalysisFailed(result))
    };
    let mut step = row.to(phase);
    for event in first.into_iter().chain([event]) {
        step = step.tell(event);
    }
    step.status.reason = Some(reason);
    step.status.sub_reason = sub_reason;
    step.status.message = Some(message);
    step
}
