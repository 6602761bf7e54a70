//! Kills. Each test runs alone.

use anyhow::{Result, ensure};
use contract::remediationorchestrator::{RemediationOutcome, RemediationPhase};
use e2e::{Capability, Target};

use crate::support::Fixture;
use crate::trail;

/// All services of the pipeline, in the order in which an alert reaches them.
const SERVICES: [&str; 8] = [
    "gateway",
    "remediationorchestrator",
    "signalprocessing",
    "aianalysis",
    "holmesgpt-api",
    "workflowexecution",
    "notification",
    "datastorage",
];

#[test]
fn whichever_service_is_killed_each_alert_is_remedied_and_told_of_once() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Kill])? else { return Ok(()) };
    let mut begun = Vec::new();
    for service in SERVICES {
        let fixture = Fixture::new()?;
        let incident = fixture.incident("staging", "OOMKilled")?;
        let request = fixture.begin(&incident)?;
        control.killed(&Target::service(service))?.restore()?;
        begun.push((service, incident, request));
    }
    let fixture = Fixture::new()?;
    for (service, incident, request) in begun {
        let outcome = RemediationOutcome::Remediated;
        let status = fixture.end(&request, RemediationPhase::Completed, outcome)?;
        ensure!(status.repetitions == 0, "{service}: {status:#?}");
        // A request that was under way when its process was killed is made again, under
        // the same key.
        let requests = incident.remedy.requests()?;
        let keys: std::collections::BTreeSet<_> = requests
            .iter()
            .map(|request| e2e::webhook::header(request, "idempotency-key"))
            .collect();
        ensure!(keys.len() == 1 && requests.len() <= 2, "{service}: {requests:#?}");
        fixture.notified(&request, 0)?;
        trail::expect_with_repetitions(&fixture, &request, trail::REMEDIED)?;
    }
    Ok(())
}
