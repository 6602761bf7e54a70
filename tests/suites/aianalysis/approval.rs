//! Whether somebody has to agree.

use anyhow::{Context as _, Result, ensure};
use contract::AuditEvent;
use contract::aianalysis::{AnalysisPhase, AnalysisSpec, ApprovalReason};
use e2e::unique;
use uuid::Uuid;

use crate::support::{EVENTS, Fixture, analysis_in, recovery_of};

/// Analyzes an incident; whether somebody has to agree must be as the reasons say,
/// also in the trail.
fn needs(fixture: &Fixture, spec: &AnalysisSpec, reasons: &[ApprovalReason]) -> Result<()> {
    let need = fixture.analyze(spec, AnalysisPhase::Completed)?.approval.context("decided")?;
    ensure!(need.reasons == reasons && need.required != reasons.is_empty(), "{need:?}");
    let told = fixture.told(spec, EVENTS)?;
    let AuditEvent::ApprovalNeedDecided(decided) = &told[3] else { anyhow::bail!("{told:#?}") };
    ensure!((decided.required, &decided.reasons) == (need.required, &need.reasons));
    ensure!(decided.attempt == spec.attempt, "{decided:?}");
    Ok(())
}

/// In production there is one workflow for all tests: they cannot have a production of
/// their own.
#[test]
fn in_production_somebody_has_to_agree_and_in_staging_nobody() -> Result<()> {
    let fixture = Fixture::new()?;
    fixture.workflow("production")?;
    needs(&fixture, &analysis_in("production", "OOMKilled"), &[ApprovalReason::Production])?;
    let staging = unique("staging");
    fixture.workflow(&staging)?;
    needs(&fixture, &analysis_in(&staging, "OOMKilled"), &[])
}

#[test]
fn from_the_third_attempt_on_somebody_has_to_agree() -> Result<()> {
    let fixture = Fixture::new()?;
    let staging = unique("staging");
    fixture.workflow(&staging)?;
    let failed = [Uuid::nil(), Uuid::max()];
    let second = recovery_of(analysis_in(&staging, "OOMKilled"), &failed[..1]);
    needs(&fixture, &second, &[])?;
    let third = recovery_of(analysis_in(&staging, "OOMKilled"), &failed);
    needs(&fixture, &third, &[ApprovalReason::RepeatedAttempts])
}

#[test]
fn when_little_is_known_of_the_target_somebody_has_to_agree() -> Result<()> {
    let fixture = Fixture::new()?;
    let staging = unique("staging");
    fixture.workflow(&staging)?;
    let mut spec = analysis_in(&staging, "OOMKilled");
    spec.incident.degraded_mode = true;
    needs(&fixture, &spec, &[ApprovalReason::DataQuality])
}
