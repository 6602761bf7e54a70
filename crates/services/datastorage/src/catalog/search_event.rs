//! The audit event of a search.

use std::time::Duration;

use contract::datastorage::{
    Category, Essentials, NewEvent, Outcome, WorkflowMatch, WorkflowSearch,
};
use serde_json::{Value, json};

use super::score::Ranking;

/// Builds the audit event of a search: the signal, the workflows found, and the
/// duration.
pub fn search_completed(
    search: &WorkflowSearch,
    ranking: &Ranking,
    correlation_id: &str,
    took: Duration,
) -> NewEvent {
    let found: Vec<Value> = ranking.best.iter().map(summary).collect();
    NewEvent::new(Essentials {
        event_type: "workflow.catalog.search_completed",
        category: Category::Workflow,
        action: "search_completed",
        outcome: Outcome::Success,
        correlation_id,
        data: json!({
            "signal_type": search.signal_type,
            "severity": search.severity,
            "component": search.component,
            "environment": search.environment,
            "priority": search.priority,
            "custom_labels": search.custom_labels,
            "detected_labels": search.detected_labels,
            "min_score": search.min_score,
            "top_k": search.top_k,
            "total": ranking.total,
            "workflows": found,
        }),
    })
    .with_actor("service", "datastorage")
    .with_severity(search.severity)
    .with_duration(took)
}

fn summary(found: &WorkflowMatch) -> Value {
    let workflow = &found.workflow;
    json!({
        "rank": found.rank,
        "score": found.score,
        "workflow_id": workflow.workflow_id,
        "name": workflow.definition.name,
        "version": workflow.definition.version,
    })
}
