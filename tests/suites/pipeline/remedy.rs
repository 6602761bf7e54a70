//! Alerts that come to a remedy, or need none.

use anyhow::{Result, ensure};
use contract::gateway::SignalOutcome;
use contract::remediationorchestrator::{RemediationOutcome, RemediationPhase};

use crate::support::Fixture;
use crate::trail;

#[test]
fn an_alert_in_staging_is_remedied_without_anybody() -> Result<()> {
    let fixture = Fixture::new()?;
    let incident = fixture.incident("staging", "OOMKilled")?;
    let request = fixture.begin(&incident)?;
    let status =
        fixture.end(&request, RemediationPhase::Completed, RemediationOutcome::Remediated)?;
    ensure!(status.environment.as_deref() == Some("staging"), "{status:#?}");
    ensure!(status.approval.is_none() && status.repetitions == 0, "{status:#?}");
    incident.remedy.exactly(1)?;
    fixture.notified(&request, 0)?;
    trail::expect(&fixture, &request, trail::REMEDIED)
}

#[test]
fn an_alert_that_comes_again_meanwhile_is_counted_and_remedied_once() -> Result<()> {
    let fixture = Fixture::new()?;
    // Production waits for somebody, so that there is time.
    let incident = fixture.incident("production", "OOMKilled")?;
    let request = fixture.begin(&incident)?;
    for number in 1..=3 {
        let receipt = fixture.alert(&incident)?;
        ensure!(receipt.status == SignalOutcome::Duplicate, "{receipt:#?}");
        ensure!(receipt.request.as_ref() == Some(&request), "{receipt:#?}");
        ensure!(receipt.repetitions == number, "{receipt:#?}");
    }
    fixture.reach(&request, RemediationPhase::AwaitingApproval)?;
    fixture.decide(&request, true)?;
    let status =
        fixture.end(&request, RemediationPhase::Completed, RemediationOutcome::Remediated)?;
    ensure!(status.repetitions == 3, "{status:#?}");
    incident.remedy.exactly(1)?;
    // It has ended, so the same alert is another request.
    let again = fixture.begin(&incident)?;
    ensure!(again != request);
    fixture.reach(&again, RemediationPhase::AwaitingApproval)?;
    fixture.decide(&again, false)
}

#[test]
fn an_alert_that_cannot_be_reproduced_needs_no_remedy() -> Result<()> {
    let fixture = Fixture::new()?;
    let incident = fixture.incident("staging", "MOCK_NOT_REPRODUCIBLE")?;
    let request = fixture.begin(&incident)?;
    let outcome = RemediationOutcome::WorkflowNotNeeded;
    let status = fixture.end(&request, RemediationPhase::Completed, outcome)?;
    ensure!(status.children.workflowexecution.is_none(), "{status:#?}");
    incident.remedy.exactly(0)?;
    fixture.notified(&request, 0)
}
