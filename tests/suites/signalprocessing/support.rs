//! Sending signals and reading what becomes of them.

use anyhow::{Context as _, Result};
use contract::AuditEvent;
use contract::signalprocessing::{
    Classification, Enrichment, ProcessingPhase, ProcessingSpec, Signal, SignalProcessings,
    SignalSeverity, Target,
};
use e2e::{Resources, Run, TIMEOUT, TrailReader, payload, unique};
use serde_json::Value;

/// How many events there are of each signal.
pub(crate) const EVENTS: usize = 6;

/// The service and its surroundings.
pub(crate) struct Fixture {
    pub(crate) run: Run,
    pub(crate) processings: Resources<SignalProcessings>,
    trail: TrailReader,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let (processings, trail) = (Resources::new(&run)?, run.trail()?);
        Ok(Self { run, processings, trail })
    }

    /// Writes what is known of something: `<namespace>` or `<namespace>/<kind>/<name>`.
    pub(crate) fn know(&self, what: &str, entry: &Value) -> Result<()> {
        let path = format!("/api/v1/inventory/{what}");
        self.processings.service.put(&path, entry)?.expect(200).map(drop)
    }

    /// Processes a signal.
    pub(crate) fn process(&self, spec: &ProcessingSpec) -> Result<(Enrichment, Classification)> {
        self.processings.create(spec)?;
        let done = self.processings.reach(&spec.name, ProcessingPhase::Completed, TIMEOUT)?;
        let details = done.status.details;
        let enrichment = details.enrichment.context("it is enriched")?;
        Ok((enrichment, details.classification.context("it is classified")?))
    }

    /// All that the trail was told of a signal, typed, oldest first.
    pub(crate) fn told(&self, spec: &ProcessingSpec) -> Result<Vec<AuditEvent>> {
        let events = self.trail.expect_exactly(&spec.correlation_id, EVENTS, TIMEOUT)?;
        events.iter().map(payload).collect()
    }
}

/// A critical signal of a pod in a namespace, with a name and correlation of its own.
pub(crate) fn signal_in(namespace: &str) -> ProcessingSpec {
    let signal = Signal {
        fingerprint: "0123456789abcdef".repeat(4),
        name: "OOMKilled".to_owned(),
        severity: SignalSeverity::Critical,
        target: Target {
            namespace: namespace.to_owned(),
            kind: "pod".into(),
            name: "cart-0".into(),
        },
        labels: [("team".to_owned(), "shop".to_owned())].into(),
        annotations: [].into(),
    };
    ProcessingSpec { name: unique("sp"), correlation_id: unique("rr"), signal }
}
