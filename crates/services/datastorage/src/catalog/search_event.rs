//! The audit event of a search.

use std::time::Duration;

use contract::AuditEvent;
use contract::audit::{FoundWorkflow, SearchResult, WorkflowVersion};
use contract::datastorage::{NewEvent, WorkflowMatch, WorkflowSearch};

use super::score::Ranking;

/// Builds the audit event of a search: the signal, the workflows found, and the
/// duration.
pub fn search_completed(
    search: &WorkflowSearch,
    ranking: &Ranking,
    correlation_id: &str,
    took: Duration,
) -> NewEvent {
    let result = SearchResult {
        signal_type: search.signal_type.clone(),
        severity: search.severity,
        component: search.component.clone(),
        environment: search.environment.clone(),
        priority: search.priority,
        custom_labels: search.custom_labels.clone(),
        detected_labels: search.detected_labels.clone(),
        min_score: search.min_score(),
        top_k: search.top_k(),
        total: ranking.total,
        workflows: ranking.best.iter().map(summary).collect(),
    };
    NewEvent::of(&AuditEvent::SearchCompleted(result), correlation_id)
        .with_actor("service", "datastorage")
        .with_severity(search.severity)
        .with_duration(took)
}

fn summary(found: &WorkflowMatch) -> FoundWorkflow {
    let summary = &found.workflow;
    let workflow = WorkflowVersion {
        workflow_id: summary.workflow_id,
        name: summary.definition.name.clone(),
        version: summary.definition.version.clone(),
    };
    FoundWorkflow { rank: found.rank, score: found.score, workflow }
}
