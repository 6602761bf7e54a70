//! Kills and outages. Each test runs alone.

use anyhow::{Result, ensure};
use contract::remediationorchestrator::{RemediationOutcome, RemediationPhase};
use e2e::{Capability, Poll, TIMEOUT, Target, eventually, unique};
use serde_json::json;

use crate::support::{EVENTS, Fixture, request_to, wait_for};

#[test]
fn a_request_goes_on_after_a_kill_and_nothing_is_made_twice() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Kill])? else { return Ok(()) };
    let (environment, webhook) = (unique("staging"), fixture.webhook()?);
    let content = json!([request_to(&webhook), wait_for("300ms"), request_to(&webhook)]);
    fixture.workflow(&environment, "OOMKilled", &content)?;
    let spec = fixture.request_in(&environment, "OOMKilled")?;
    fixture.requests.create(&spec)?;
    eventually(TIMEOUT, "the first step", || match webhook.requests()?.len() {
        0 => Ok(Poll::Pending("no request".to_owned())),
        _ => Ok(Poll::Ready(())),
    })?;
    control.killed(&Target::service("remediationorchestrator"))?.restore()?;
    let fixture = Fixture::new()?;
    let status = fixture.reach(&spec, RemediationPhase::Completed)?;
    ensure!(status.outcome == Some(RemediationOutcome::Remediated), "{status:#?}");
    webhook.exactly(2)?;
    fixture.told(&spec, EVENTS)?;
    Ok(())
}

#[test]
fn without_a_peer_a_request_waits_and_without_a_trail_it_goes_on() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Stop])? else { return Ok(()) };
    let environment = unique("staging");
    fixture.workflow(&environment, "OOMKilled", &json!([wait_for("1s")]))?;
    let spec = fixture.request_in(&environment, "OOMKilled")?;
    let away = control.stopped(&Target::service("aianalysis"))?;
    fixture.remedy(&spec, RemediationPhase::Analyzing)?;
    eventually(TIMEOUT, "the reason", || {
        let message = fixture.requests.read(&spec.name)?.status.details.message;
        let message = message.unwrap_or_default();
        let is_said = message.contains("aianalysis did not answer");
        Ok(if is_said { Poll::Ready(()) } else { Poll::Pending(message) })
    })?;
    away.restore()?;
    let fixture = Fixture::new()?;
    fixture.reach(&spec, RemediationPhase::Executing)?;
    let away = control.stopped(&Target::service("datastorage"))?;
    let other = fixture.request_in(&environment, "MOCK_NOT_REPRODUCIBLE")?;
    fixture.requests.create(&other)?;
    away.restore()?;
    let fixture = Fixture::new()?;
    fixture.reach(&spec, RemediationPhase::Completed)?;
    fixture.reach(&other, RemediationPhase::Completed)?;
    fixture.told(&spec, EVENTS)?;
    fixture.told(&other, EVENTS - 1)?;
    Ok(())
}
