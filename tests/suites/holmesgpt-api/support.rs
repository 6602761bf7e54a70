//! Incidents to analyze, and workflows for them.

use anyhow::Result;
use contract::datastorage::{Priority, Severity, Workflow};
use contract::holmesgpt::{Analysis, AnalyzeIncident, Incident, IncidentRequest};
use contract::signalprocessing::{Signal, SignalSeverity, Target};
use contract::{AuditEvent, Endpoint as _};
use e2e::catalog::{add_workflow, workflow_for};
use e2e::{Answer, Endpoint, Run, TIMEOUT, TrailReader, payload, unique};
use serde_json::Value;

/// The service and its surroundings.
pub(crate) struct Fixture {
    pub(crate) run: Run,
    pub(crate) service: Endpoint,
    pub(crate) trail: TrailReader,
    /// An environment that no other test has.
    pub(crate) environment: String,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let (service, trail) = (run.service("holmesgpt-api")?, run.trail()?);
        Ok(Self { run, service, trail, environment: unique("staging") })
    }

    /// A new workflow for all signals of the environment.
    pub(crate) fn workflow(&self) -> Result<Workflow> {
        add_workflow(&self.run, &workflow_for(&self.environment)?)
    }

    /// An incident of the environment.
    pub(crate) fn incident(&self, signal_type: &str) -> Incident {
        let target = Target {
            namespace: "shop".to_owned(),
            kind: "pod".to_owned(),
            name: "cart-0".to_owned(),
        };
        Incident {
            signal: Signal {
                fingerprint: "0123456789abcdef".repeat(4),
                name: signal_type.to_owned(),
                severity: SignalSeverity::Critical,
                target,
                labels: [].into(),
                annotations: [].into(),
            },
            environment: self.environment.clone(),
            severity: Severity::Critical,
            priority: Priority::P1,
            detected_labels: [].into(),
            degraded_mode: false,
        }
    }

    pub(crate) fn post(&self, request: &IncidentRequest) -> Result<Answer> {
        self.service.post(AnalyzeIncident::PATH, &serde_json::to_value(request)?)
    }

    pub(crate) fn analyze(&self, incident: Incident) -> Result<(String, Analysis)> {
        let correlation_id = unique("rr");
        let request = IncidentRequest { correlation_id: correlation_id.clone(), incident };
        let answer = self.post(&request)?.expect(200)?.value()?;
        Ok((correlation_id, serde_json::from_value(answer)?))
    }

    /// What the service has told the trail, oldest first, typed.
    pub(crate) fn told(&self, correlation_id: &str, count: usize) -> Result<Vec<AuditEvent>> {
        let told = self.events(correlation_id, count)?;
        told.iter().map(payload).collect()
    }

    /// What the service has told the trail, oldest first.
    pub(crate) fn events(&self, correlation_id: &str, count: usize) -> Result<Vec<Value>> {
        self.trail.expect_exactly_by("holmesgpt-api", correlation_id, count, TIMEOUT)
    }

    /// The whole trail of an analysis: so many events of the service, and the search
    /// of the catalog.
    pub(crate) fn whole_trail(&self, correlation_id: &str, count: usize) -> Result<Vec<Value>> {
        self.trail.expect_exactly(correlation_id, count + 1, TIMEOUT)
    }
}
