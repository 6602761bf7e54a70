//! The trail of a request: what each service has told, in its order.

use anyhow::{Result, ensure};
use e2e::TIMEOUT;
use serde_json::Value;

use crate::support::Fixture;

/// What the services told of a request whose workflow was executed, without approval
/// and notifications.
pub(crate) const REMEDIED: &[(&str, &[&str])] = &[
    ("gateway", &["gateway.signal.received", "gateway.request.created"]),
    (
        "remediationorchestrator",
        &[
            "orchestrator.lifecycle.started",
            "orchestrator.phase.changed",
            "orchestrator.phase.changed",
            "orchestrator.phase.changed",
            "orchestrator.lifecycle.completed",
            "orchestrator.phase.changed",
        ],
    ),
    (
        "signalprocessing",
        &[
            "signalprocessing.phase.changed",
            "signalprocessing.enrichment.completed",
            "signalprocessing.phase.changed",
            "signalprocessing.classification.decided",
            "signalprocessing.processing.completed",
            "signalprocessing.phase.changed",
        ],
    ),
    (
        "aianalysis",
        &[
            "aianalysis.phase.changed",
            "aianalysis.investigation.called",
            "aianalysis.phase.changed",
            "aianalysis.approval.decided",
            "aianalysis.analysis.completed",
            "aianalysis.phase.changed",
        ],
    ),
    ("datastorage", &["workflow.catalog.search_completed"]),
    (
        "holmesgpt-api",
        &["analysis.model.requested", "analysis.model.answered", "analysis.workflow.validated"],
    ),
    ("workflowexecution", &["workflow.execution.started", "workflow.execution.completed"]),
];

/// Checks that the trail of a request has exactly these events: those of each service
/// in its order.
pub(crate) fn expect(fixture: &Fixture, request: &str, of: &[(&str, &[&str])]) -> Result<()> {
    let count = of.iter().map(|(_, types)| types.len()).sum();
    fixture.trail.expect_exactly(request, count, TIMEOUT)?;
    of.iter().try_for_each(|(service, types)| expect_by(fixture, request, service, types))
}

/// Like [`expect`] for a request during which a service was killed. Calls that have
/// failed stand in the trail too, and those that were cut off were made again.
pub(crate) fn expect_with_repetitions(
    fixture: &Fixture,
    request: &str,
    of: &[(&str, &[&str])],
) -> Result<()> {
    for (service, types) in of {
        match *service {
            // They are called.
            "holmesgpt-api" | "datastorage" => {}
            // It calls.
            "aianalysis" => {
                let has_succeeded = |event: &Value| event["event_data"]["error"].is_null();
                let (trail, count) = (&fixture.trail, types.len());
                let events =
                    trail.expect_exactly_by_if(service, has_succeeded, request, count, TIMEOUT)?;
                ensure!(types_of(&events) == *types, "{service}: {events:#?}");
            }
            _ => expect_by(fixture, request, service, types)?,
        }
    }
    Ok(())
}

/// Checks what one service has told of a request.
pub(crate) fn expect_by(
    fixture: &Fixture,
    request: &str,
    service: &str,
    types: &[&str],
) -> Result<()> {
    let events = fixture.trail.expect_exactly_by(service, request, types.len(), TIMEOUT)?;
    let told = types_of(&events);
    ensure!(told == types, "{service} told {told:#?}");
    Ok(())
}

fn types_of(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event_type"].as_str().unwrap_or_default()).collect()
}
