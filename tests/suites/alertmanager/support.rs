//! Alertmanager, and what it makes of the alerts that a test posts.

use std::time::SystemTime;

use anyhow::{Context as _, Result};
use contract::AuditEvent;
use e2e::{Endpoint, Poll, Run, TIMEOUT, TrailReader, Webhook, eventually, payload};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Alertmanager and its surroundings.
pub(crate) struct Fixture {
    alertmanager: Endpoint,
    /// What the suite's metadata names.
    pub(crate) orchestrator: Webhook,
    trail: TrailReader,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        let orchestrator = Webhook::shared(&run, "orchestrator")?;
        let (alertmanager, trail) = (run.service("alertmanager")?, run.trail()?);
        Ok(Self { alertmanager, orchestrator, trail })
    }

    /// Posts alerts as Prometheus does.
    pub(crate) fn post(&self, alerts: &[Value]) -> Result<()> {
        self.alertmanager.post("/api/v2/alerts", &json!(alerts))?.expect(200).map(drop)
    }

    /// The requests that the orchestrator got about a pod, as soon as there are `count`.
    pub(crate) fn requests(&self, pod: &str, count: usize) -> Result<usize> {
        eventually(TIMEOUT, &format!("{count} requests about {pod}"), || {
            Ok(match self.count(pod)? {
                seen if seen >= count => Poll::Ready(seen),
                seen => Poll::Pending(seen.to_string()),
            })
        })
    }

    /// How many requests about a pod the orchestrator got.
    pub(crate) fn count(&self, pod: &str) -> Result<usize> {
        let requests = self.orchestrator.requests()?;
        let about = |request: &&Value| request["body"].as_str().is_some_and(|b| b.contains(pod));
        Ok(requests.iter().filter(about).count())
    }

    /// What the trail was told of a request, oldest first.
    pub(crate) fn told(&self, request: &str, count: usize) -> Result<Vec<AuditEvent>> {
        let events = self.trail.expect_exactly(request, count, TIMEOUT)?;
        events.iter().map(payload).collect()
    }

    /// Waits until Alertmanager has forgotten the alerts of a group: it has told that
    /// they are over.
    pub(crate) fn wait_until_over(&self, name: &str) -> Result<()> {
        let path = format!("/api/v2/alerts/groups?filter=alertname%3D{name}");
        eventually(TIMEOUT, "Alertmanager to forget the group", || {
            let groups = self.alertmanager.get(&path)?.expect(200)?.value()?;
            Ok(match groups.as_array().context("groups")?.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending(groups.to_string()),
            })
        })
    }
}

/// A critical alert about a pod, as Prometheus posts it.
pub(crate) fn alert(name: &str, pod: &str) -> Value {
    json!({
        "labels": { "alertname": name, "severity": "critical", "namespace": "shop", "pod": pod },
        "annotations": { "summary": "it is down" },
        "generatorURL": "http://prometheus/graph",
    })
}

/// The same alert, which is over now.
pub(crate) fn over(mut alert: Value) -> Result<Value> {
    alert["endsAt"] = json!(OffsetDateTime::from(SystemTime::now()).format(&Rfc3339)?);
    Ok(alert)
}
