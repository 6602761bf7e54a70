//! Kills and outages. Each test runs alone.

use anyhow::{Result, ensure};
use contract::holmesgpt::IncidentRequest;
use e2e::{Capability, Poll, TIMEOUT, Target, eventually, unique};
use serde_json::json;

use crate::support::Fixture;

#[test]
fn after_a_kill_the_trail_has_all_that_was_answered_once() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Kill])? else { return Ok(()) };
    fixture.workflow()?;
    let mut analyses = Vec::new();
    for _ in 0..5 {
        analyses.push(fixture.analyze(fixture.incident("Evicted"))?.0);
    }
    control.killed(&Target::service("holmesgpt-api"))?.restore()?;
    let fixture = Fixture::new()?;
    for correlation_id in &analyses {
        fixture.told(correlation_id, 3)?;
    }
    Ok(())
}

#[test]
fn without_the_catalog_there_is_no_analysis_and_readiness_says_so() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Stop])? else { return Ok(()) };
    fixture.workflow()?;
    let away = control.stopped(&Target::service("datastorage"))?;
    let incident = fixture.incident("OOMKilled");
    let request = IncidentRequest { correlation_id: unique("rr"), incident };
    let answer = fixture.post(&request)?;
    answer.problem(503, "service-unavailable")?;
    ensure!(answer.header("retry-after") == "1", "{:?}", answer.headers);
    eventually(TIMEOUT, "datastorage to be listed", || {
        let ready = fixture.service.get("/health/ready")?.expect(200)?.value()?;
        Ok(match ready["degraded"] == json!(["datastorage"]) {
            true => Poll::Ready(()),
            false => Poll::Pending(ready.to_string()),
        })
    })?;
    away.restore()?;
    let fixture = Fixture { environment: fixture.environment, ..Fixture::new()? };
    let (correlation_id, analysis) = fixture.analyze(request.incident)?;
    ensure!(analysis.selected_workflow.is_some(), "{analysis:#?}");
    fixture.told(&correlation_id, 3)?;
    Ok(())
}
