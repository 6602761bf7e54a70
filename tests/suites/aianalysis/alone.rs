//! Kills and outages. Each test runs alone.

use anyhow::{Result, ensure};
use contract::AuditEvent;
use contract::aianalysis::{AnalysisPhase, AnalysisReason};
use e2e::{Capability, Target, unique};

use crate::support::{EVENTS, Fixture, analysis_in};

#[test]
fn a_kill_loses_no_analysis_and_tells_nothing_twice() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Kill])? else { return Ok(()) };
    let environment = unique("staging");
    fixture.workflow(&environment)?;
    let specs: Vec<_> = (0..10).map(|_| analysis_in(&environment, "OOMKilled")).collect();
    for spec in &specs {
        fixture.analyses.create(spec)?;
    }
    control.killed(&Target::service("aianalysis"))?.restore()?;
    let fixture = Fixture::new()?;
    for spec in &specs {
        let status = fixture.reach(spec, AnalysisPhase::Completed)?;
        // A call that was under way is not counted.
        ensure!(status.calls == 1, "{status:#?}");
        fixture.told(spec, EVENTS)?;
    }
    Ok(())
}

#[test]
fn without_holmesgpt_an_analysis_fails_after_five_calls() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Stop])? else { return Ok(()) };
    let environment = unique("staging");
    fixture.workflow(&environment)?;
    let away = control.stopped(&Target::service("holmesgpt-api"))?;
    let spec = analysis_in(&environment, "OOMKilled");
    let status = fixture.analyze(&spec, AnalysisPhase::Failed)?;
    ensure!(status.reason == Some(AnalysisReason::RetriesExhausted), "{status:#?}");
    ensure!(status.calls == 5 && status.analysis.is_none(), "{status:#?}");
    // Two phases, five calls, the failure.
    let told = fixture.told(&spec, 8)?;
    let calls = told.iter().filter_map(|event| match event {
        AuditEvent::InvestigationCalled(call) => Some((call.attempt, call.http_status)),
        _ => None,
    });
    ensure!(calls.eq((1..=5).map(|number| (number, None))), "{told:#?}");

    away.restore()?;
    let spec = analysis_in(&environment, "OOMKilled");
    Fixture::new()?.analyze(&spec, AnalysisPhase::Completed)?;
    Ok(())
}
