//! What follows from the answer of holmesgpt-api.

use contract::aianalysis::{AnalysisReason, AnalysisSpec, ApprovalNeed, ApprovalReason};
use contract::holmesgpt::{Analysis, HumanReviewReason};

/// How sure the model has to be that nothing has to be done.
const SURE: f64 = 0.7;

/// The environment in which somebody has to agree to everything.
const PRODUCTION: &str = "production";

/// What an analysis comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// Whether it is known what to do.
    pub is_success: bool,
    /// The reason.
    pub reason: AnalysisReason,
    /// More precisely.
    pub sub_reason: Option<HumanReviewReason>,
    /// The same for people.
    pub message: String,
}

/// What an analysis comes to.
#[must_use]
pub fn conclude(analysis: &Analysis) -> Conclusion {
    let conclusion = |is_success, reason, message: String| Conclusion {
        is_success,
        reason,
        sub_reason: None,
        message,
    };
    let confidence = analysis.confidence;
    if analysis.needs_human_review {
        let sub_reason = analysis.human_review_reason;
        let why = sub_reason
            .map_or_else(|| "holmesgpt-api gave no reason".to_owned(), |reason| reason.to_string());
        let message = format!("a person has to look at it: {why}");
        let failed = conclusion(false, AnalysisReason::WorkflowResolutionFailed, message);
        return Conclusion { sub_reason, ..failed };
    }
    match &analysis.selected_workflow {
        Some(workflow) => {
            let message = format!("workflow {} {} was selected", workflow.name, workflow.version);
            conclusion(true, AnalysisReason::WorkflowSelected, message)
        }
        None if confidence >= SURE => {
            let message = format!("nothing has to be done, with a confidence of {confidence}");
            conclusion(true, AnalysisReason::WorkflowNotNeeded, message)
        }
        None => {
            let message = format!("no workflow was selected, with a confidence of {confidence}");
            conclusion(false, AnalysisReason::NoWorkflowSelected, message)
        }
    }
}

/// Whether somebody has to agree to the selected workflow: in production, from an
/// attempt on, or if the data are incomplete.
#[must_use]
pub fn approval(spec: &AnalysisSpec, analysis: &Analysis, from_attempt: u32) -> ApprovalNeed {
    let rules = [
        (ApprovalReason::Production, spec.incident.environment == PRODUCTION),
        (ApprovalReason::RepeatedAttempts, spec.attempt >= from_attempt),
        (ApprovalReason::DataQuality, spec.incident.degraded_mode || !analysis.warnings.is_empty()),
    ];
    let reasons: Vec<_> =
        rules.into_iter().filter(|(_, holds)| *holds).map(|(reason, _)| reason).collect();
    ApprovalNeed { required: !reasons.is_empty(), reasons }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn analysis(confidence: f64, selected: bool, review: Option<&str>) -> Analysis {
        let workflow = json!({
            "workflow_id": "01940000-0000-7000-8000-000000000001", "name": "restart",
            "version": "1", "container_image": null, "parameters": {}, "rationale": "it fits",
        });
        let analysis = json!({
            "root_cause": { "summary": "", "contributing_factors": [] },
            "confidence": confidence,
            "selected_workflow": if selected { workflow } else { json!(null) },
            "alternatives": [], "validation_attempts": [], "warnings": [],
            "needs_human_review": review.is_some(), "human_review_reason": review,
        });
        serde_json::from_value(analysis).expect("an analysis")
    }

    #[test]
    fn review_then_workflow_then_confidence_decide() {
        use AnalysisReason::{
            NoWorkflowSelected, WorkflowNotNeeded, WorkflowResolutionFailed, WorkflowSelected,
        };

        for (analysis, is_success, reason) in [
            (analysis(0.9, true, None), true, WorkflowSelected),
            (analysis(0.45, true, Some("LowConfidence")), false, WorkflowResolutionFailed),
            (analysis(0.9, false, Some("NoMatchingWorkflows")), false, WorkflowResolutionFailed),
            (analysis(0.7, false, None), true, WorkflowNotNeeded),
            (analysis(0.69, false, None), false, NoWorkflowSelected),
        ] {
            let found = conclude(&analysis);
            assert_eq!((found.is_success, found.reason), (is_success, reason), "{analysis:?}");
            assert_eq!(found.sub_reason, analysis.human_review_reason);
        }
    }

    #[test]
    fn the_reasons_of_an_approval_are_listed_in_order() {
        let spec = |environment: &str, attempt: u32, degraded: bool| {
            let spec = json!({
                "name": "a", "correlation_id": "rr-a", "attempt": attempt,
                "incident": {
                    "signal": {
                        "fingerprint": "0".repeat(64), "name": "OOMKilled", "severity": "critical",
                        "target": { "namespace": "shop", "kind": "pod", "name": "cart-0" },
                    },
                    "environment": environment, "severity": "high", "priority": "P1",
                    "degraded_mode": degraded,
                },
            });
            serde_json::from_value::<AnalysisSpec>(spec).expect("a spec")
        };
        let warned = Analysis { warnings: vec!["!".to_owned()], ..analysis(0.9, true, None) };
        for (spec, analysis, expected) in [
            (spec("staging", 1, false), analysis(0.9, true, None), json!([])),
            (spec("staging", 2, false), analysis(0.9, true, None), json!([])),
            (spec("production", 1, false), analysis(0.9, true, None), json!(["Production"])),
            (spec("staging", 3, false), analysis(0.9, true, None), json!(["RepeatedAttempts"])),
            (spec("staging", 1, true), analysis(0.9, true, None), json!(["DataQuality"])),
            (
                spec("production", 4, false),
                warned,
                json!(["Production", "RepeatedAttempts", "DataQuality"]),
            ),
        ] {
            let need = approval(&spec, &analysis, 3);
            assert_eq!(json!(need.reasons), expected);
            assert_eq!(need.required, !need.reasons.is_empty());
        }
    }
}
