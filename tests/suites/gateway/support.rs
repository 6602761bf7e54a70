//! Alerts, the orchestrator's answers, and what the trail is told.

use anyhow::{Result, ensure};
use contract::gateway::SignalsReceipt;
use contract::{AuditEvent, Endpoint as _};
use e2e::{Answer, Endpoint, Run, TIMEOUT, TrailReader, Webhook, payload};
use serde_json::{Value, json};

pub(crate) const ALERTS: &str = contract::gateway::PostAlerts::PATH;
pub(crate) const EVENTS: &str = contract::gateway::PostKubernetesEvent::PATH;

/// The service and its surroundings.
pub(crate) struct Fixture {
    pub(crate) run: Run,
    pub(crate) gateway: Endpoint,
    /// What the suite's metadata names.
    pub(crate) orchestrator: Webhook,
    trail: TrailReader,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let (gateway, trail) = (run.service("gateway")?, run.trail()?);
        let orchestrator = Webhook::shared(&run, "orchestrator")?;
        Ok(Self { run, gateway, orchestrator, trail })
    }

    /// Sends signals.
    pub(crate) fn send(&self, path: &str, body: &Value) -> Result<Answer> {
        self.gateway.post(path, body)
    }

    /// Sends signals that are taken with this status; returns what became of them.
    pub(crate) fn taken(&self, path: &str, body: &Value, status: u16) -> Result<SignalsReceipt> {
        let answer = self.send(path, body)?.expect(status)?;
        Ok(serde_json::from_value(answer.value()?)?)
    }

    /// What the trail was told of a request, oldest first.
    pub(crate) fn told(&self, request: &str, count: usize) -> Result<Vec<AuditEvent>> {
        let events = self.trail.expect_exactly(request, count, TIMEOUT)?;
        events.iter().map(payload).collect()
    }

    /// The requests that the orchestrator got about this pod.
    pub(crate) fn requests(&self, pod: &str, count: usize) -> Result<Vec<Value>> {
        let requests = self.orchestrator.exactly_with(pod, count)?;
        requests.iter().map(e2e::webhook::body).collect()
    }
}

/// A critical alert about a pod.
pub(crate) fn alert(pod: &str) -> Value {
    e2e::alerts::alert("Down", "shop", pod)
}

/// An event about a pod, with all that Kubernetes tells.
pub(crate) fn event(pod: &str, kind: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": { "name": format!("{pod}.1") },
        "type": kind, "reason": "Evicted", "message": "the node was low on memory", "count": 1,
        "involvedObject": { "kind": "Pod", "name": pod, "namespace": "shop", "uid": "1" },
        "source": { "component": "kubelet" }, "firstTimestamp": "2026-01-31T12:00:00Z",
        "lastTimestamp": "2026-01-31T12:00:00Z", "eventTime": null,
        "reportingComponent": "kubelet", "reportingInstance": "node-1",
    })
}

/// Checks what became of the signals of a body, in their order.
pub(crate) fn check(receipt: &SignalsReceipt, expected: &[&str]) -> Result<()> {
    let became: Vec<_> = receipt.signals.iter().map(|signal| signal.status.to_string()).collect();
    ensure!(became == expected, "{receipt:#?}");
    Ok(())
}
