//! That events read back as they were written.

use super::*;
use crate::notification::{ChannelType, Kind, Priority};

#[test]
fn an_event_is_read_as_it_was_written() {
    let message = Message {
        notification: "n".to_owned(),
        channel: "desk".to_owned(),
        channel_type: ChannelType::Webhook,
        kind: Kind::Approval,
        priority: Priority::High,
        attempts: 2,
        http_status: Some(500),
        error: None,
    };
    let event = AuditEvent::MessageFailed(message);
    let written = NewEvent::of(&event, "rr-1");
    assert_eq!(AuditEvent::of(&written).expect("it reads back"), event);
    assert_eq!(
        (written.event_type.as_str(), written.event_action.as_str()),
        ("notification.message.failed", "failed")
    );
    assert_eq!(
        (written.event_category, written.event_outcome),
        (Category::Notification, Outcome::Failure)
    );

    let other = NewEvent { event_type: "notification.message.sent".to_owned(), ..written.clone() };
    assert!(AuditEvent::of(&other).is_ok(), "it has the same payload");
    let unknown = NewEvent { event_type: "notification.sent".to_owned(), ..written };
    assert!(AuditEvent::of(&unknown).is_err(), "nobody emits it");
}

#[test]
fn all_events_are_known() {
    let line = |(event, category, outcome): &(_, _, _)| format!("{event} {category} {outcome}");
    let lines: Vec<_> = AuditEvent::TABLE.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    notification.message.sent notification success
    notification.message.failed notification failure
    workflow.catalog.search_completed workflow success
    workflow.catalog.created workflow success
    workflow.catalog.status_changed workflow success
    signalprocessing.enrichment.completed signalprocessing success
    signalprocessing.classification.decided signalprocessing success
    signalprocessing.phase.changed signalprocessing success
    signalprocessing.processing.completed signalprocessing success
    signalprocessing.processing.failed signalprocessing failure
    analysis.model.requested analysis pending
    analysis.model.answered analysis success
    analysis.workflow.validated analysis success
    aianalysis.phase.changed analysis success
    aianalysis.investigation.called analysis success
    aianalysis.approval.decided analysis success
    aianalysis.analysis.completed analysis success
    aianalysis.analysis.failed analysis failure
    workflow.execution.started workflow pending
    workflow.execution.completed workflow success
    workflow.execution.failed workflow failure
    workflow.execution.cancelled workflow failure
    gateway.signal.received gateway success
    gateway.signal.deduplicated gateway success
    gateway.request.created gateway success
    gateway.request.failed gateway failure
    orchestrator.lifecycle.started orchestration pending
    orchestrator.phase.changed orchestration success
    orchestrator.approval.requested orchestration pending
    orchestrator.approval.approved orchestration success
    orchestrator.approval.rejected orchestration failure
    orchestrator.approval.expired orchestration failure
    orchestrator.routing.blocked orchestration pending
    orchestrator.lifecycle.completed orchestration success
    orchestrator.lifecycle.failed orchestration failure
    ");
}
