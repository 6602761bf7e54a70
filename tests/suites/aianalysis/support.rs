//! Incidents to analyze, and what becomes of them.

use anyhow::Result;
use contract::AuditEvent;
use contract::aianalysis::{AiAnalyses, AnalysisPhase, AnalysisSpec, AnalysisStatus};
use contract::datastorage::{Priority, Severity, Workflow};
use contract::holmesgpt::{Incident, PreviousExecution};
use contract::signalprocessing::{Signal, SignalSeverity, Target};
use e2e::catalog::{add_workflow, workflow_for};
use e2e::{Resources, Run, TIMEOUT, TrailReader, payload, unique};
use uuid::Uuid;

/// How many events of its own there are of an analysis that selects a workflow with
/// its first call.
pub(crate) const EVENTS: usize = 6;

/// The service and its surroundings.
pub(crate) struct Fixture {
    pub(crate) run: Run,
    pub(crate) analyses: Resources<AiAnalyses>,
    pub(crate) trail: TrailReader,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let (analyses, trail) = (Resources::new(&run)?, run.trail()?);
        Ok(Self { run, analyses, trail })
    }

    /// A new workflow for all signals of an environment.
    pub(crate) fn workflow(&self, environment: &str) -> Result<Workflow> {
        add_workflow(&self.run, &workflow_for(environment)?)
    }

    /// Analyzes an incident, which ends in this phase.
    pub(crate) fn analyze(
        &self,
        spec: &AnalysisSpec,
        phase: AnalysisPhase,
    ) -> Result<AnalysisStatus> {
        self.analyses.create(spec)?;
        self.reach(spec, phase)
    }

    pub(crate) fn reach(
        &self,
        spec: &AnalysisSpec,
        phase: AnalysisPhase,
    ) -> Result<AnalysisStatus> {
        Ok(self.analyses.reach(&spec.name, phase, TIMEOUT)?.status.details)
    }

    /// What the service has told the trail, oldest first, typed.
    pub(crate) fn told(&self, spec: &AnalysisSpec, count: usize) -> Result<Vec<AuditEvent>> {
        let id = &spec.correlation_id;
        let events = self.trail.expect_exactly_by("aianalysis", id, count, TIMEOUT)?;
        events.iter().map(payload).collect()
    }
}

/// The first analysis of an incident, with a name and a correlation of its own.
pub(crate) fn analysis_in(environment: &str, signal_type: &str) -> AnalysisSpec {
    let target = Target { namespace: "shop".into(), kind: "pod".into(), name: "cart-0".into() };
    let incident = Incident {
        signal: Signal {
            fingerprint: "0123456789abcdef".repeat(4),
            name: signal_type.to_owned(),
            severity: SignalSeverity::Critical,
            target,
            labels: [].into(),
            annotations: [].into(),
        },
        environment: environment.to_owned(),
        severity: Severity::Critical,
        priority: Priority::P1,
        detected_labels: [].into(),
        degraded_mode: false,
    };
    AnalysisSpec {
        name: unique("ai"),
        correlation_id: unique("rr"),
        incident,
        attempt: 1,
        previous_executions: Vec::new(),
    }
}

/// The analysis of a later attempt, after these workflows have run.
pub(crate) fn recovery_of(spec: AnalysisSpec, workflows: &[Uuid]) -> AnalysisSpec {
    let failed = |id: &Uuid| PreviousExecution { workflow_id: *id, failure: "TaskFailed".into() };
    let previous_executions: Vec<_> = workflows.iter().map(failed).collect();
    let attempt = u32::try_from(workflows.len()).unwrap_or(u32::MAX).saturating_add(1);
    AnalysisSpec { attempt, previous_executions, ..spec }
}
