//! Signals, what is known of their targets, and what becomes of them.

use anyhow::{Result, ensure};
use contract::AuditEvent;
use contract::audit::PhaseChange;
use contract::datastorage::{NewWorkflow, Workflow};
use contract::remediationorchestrator::{
    RemediationPhase, RemediationRequests, RemediationSpec, RemediationStatus,
};
use contract::resource::{Kind, Resource};
use contract::signalprocessing::{Signal, SignalSeverity, Target};
use e2e::catalog::{add_workflow, workflow_for};
use e2e::{
    Answer, Endpoint, Poll, Resources, Run, TIMEOUT, TrailReader, Webhook, eventually, payload,
    unique,
};
use serde_json::{Value, json};

/// How many events of its own there are of a request that is executed without anybody
/// being asked.
pub(crate) const EVENTS: usize = 6;

/// The service and its surroundings.
pub(crate) struct Fixture {
    pub(crate) run: Run,
    pub(crate) requests: Resources<RemediationRequests>,
    pub(crate) trail: TrailReader,
    /// The people who are told, as the suite's metadata names them.
    people: Webhook,
    inventory: Endpoint,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let requests = Resources::at(&run, "remediationorchestrator")?;
        let trail = run.trail()?;
        let people = Webhook::shared(&run, "people")?;
        let inventory = run.service("signalprocessing")?;
        Ok(Self { run, requests, trail, people, inventory })
    }

    /// A request for a critical signal of this type on a pod of its own, in a namespace
    /// of this environment.
    pub(crate) fn request_in(&self, environment: &str, signal: &str) -> Result<RemediationSpec> {
        let namespace = unique("shop");
        let labels = json!({ "labels": { "environment": environment } });
        let put = |path: &str, entry: &Value| {
            self.inventory.put(&format!("/api/v1/inventory/{path}"), entry)?.expect(200)
        };
        put(&namespace, &labels)?;
        put(&format!("{namespace}/pod/cart-0"), &json!({ "replicas": 2 }))?;
        Ok(RemediationSpec { name: unique("rr"), signal: signal_of(&namespace, signal) })
    }

    /// The next request for the same signal.
    pub(crate) fn next_of(spec: &RemediationSpec) -> RemediationSpec {
        RemediationSpec { name: unique("rr"), signal: spec.signal.clone() }
    }

    /// A workflow for an environment and a type of signal, which does this.
    pub(crate) fn workflow(
        &self,
        environment: &str,
        signal: &str,
        content: &Value,
    ) -> Result<Workflow> {
        let mut workflow = json!(workflow_for(environment)?);
        workflow["labels"]["signal_type"] = json!(signal);
        workflow["content"] = content.clone();
        add_workflow(&self.run, &serde_json::from_value::<NewWorkflow>(workflow)?)
    }

    /// What a workflow reaches.
    pub(crate) fn webhook(&self) -> Result<Webhook> {
        Webhook::new(&self.run, "pod")
    }

    pub(crate) fn reach(
        &self,
        spec: &RemediationSpec,
        phase: RemediationPhase,
    ) -> Result<RemediationStatus> {
        Ok(self.requests.reach(&spec.name, phase, TIMEOUT)?.status.details)
    }

    /// Makes a request, which ends in this phase.
    pub(crate) fn remedy(
        &self,
        spec: &RemediationSpec,
        phase: RemediationPhase,
    ) -> Result<RemediationStatus> {
        self.requests.create(spec)?;
        self.reach(spec, phase)
    }

    /// What was made for a request at another service.
    pub(crate) fn child<K: Kind>(&self, name: Option<&String>) -> Result<Resource<K>> {
        Resources::<K>::new(&self.run)?.read(name.map_or("", String::as_str))
    }

    /// Somebody's answer.
    pub(crate) fn answer(&self, spec: &RemediationSpec, approved: bool) -> Result<Answer> {
        let path = format!("{}/approval", self.requests.path(&spec.name));
        let body = json!({ "approved": approved, "decided_by": "ann", "comment": "as planned" });
        self.requests.service.json("PATCH", &path, &body)
    }

    pub(crate) fn cancel(&self, spec: &RemediationSpec) -> Result<Answer> {
        let path = format!("{}/cancellation", self.requests.path(&spec.name));
        self.requests.service.json("PATCH", &path, &json!({ "reason": "it was wrong" }))
    }

    /// What the service has told the trail, oldest first, typed.
    pub(crate) fn told(&self, spec: &RemediationSpec, count: usize) -> Result<Vec<AuditEvent>> {
        let service = "remediationorchestrator";
        let events = self.trail.expect_exactly_by(service, &spec.name, count, TIMEOUT)?;
        events.iter().map(payload).collect()
    }

    /// Waits until people were told of a request so often; returns the types of the
    /// messages.
    pub(crate) fn told_to_people(
        &self,
        spec: &RemediationSpec,
        count: usize,
    ) -> Result<Vec<String>> {
        let what = format!("{count} messages about {}", spec.name);
        eventually(TIMEOUT, &what, || {
            let requests = self.people.requests()?;
            let bodies = requests.iter().map(e2e::webhook::body).collect::<Result<Vec<_>>>()?;
            let mine = bodies.iter().filter(|body| body["correlation_id"] == spec.name.as_str());
            let kinds: Vec<_> =
                mine.map(|body| body["type"].as_str().unwrap_or_default().to_owned()).collect();
            ensure!(kinds.len() <= count, "{kinds:?}");
            Ok(if kinds.len() == count {
                Poll::Ready(kinds)
            } else {
                Poll::Pending(format!("{kinds:?}"))
            })
        })
    }
}

/// A critical signal of a pod.
pub(crate) fn signal_of(namespace: &str, name: &str) -> Signal {
    Signal {
        fingerprint: fingerprint(),
        name: name.to_owned(),
        severity: SignalSeverity::Critical,
        target: Target {
            namespace: namespace.to_owned(),
            kind: "pod".into(),
            name: "cart-0".into(),
        },
        labels: [("team".to_owned(), "shop".to_owned())].into(),
        annotations: [].into(),
    }
}

/// A fingerprint that no other signal has.
pub(crate) fn fingerprint() -> String {
    let id = uuid::Uuid::now_v7().simple().to_string();
    format!("{id}{id}")
}

/// That a request came into another phase.
pub(crate) fn moved(from: &str, to: &str) -> AuditEvent {
    AuditEvent::RemediationPhaseChanged(PhaseChange { from: from.into(), to: to.into() })
}

/// A step that sends a request.
pub(crate) fn request_to(webhook: &Webhook) -> Value {
    json!({ "type": "http", "url": webhook.url() })
}

/// A step that waits.
pub(crate) fn wait_for(duration: &str) -> Value {
    json!({ "type": "wait", "for": duration })
}
