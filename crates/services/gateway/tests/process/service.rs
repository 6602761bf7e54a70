//! The service as a process, what is sent to it, and what it tells.

use contract::gateway::SignalsReceipt;
use contract::problem::Problem;
use contract::remediationorchestrator::{
    RemediationPhase, RemediationRequests, RemediationSpec, RemediationStatus,
};
use contract::resource::{Resource, Status};
use contract::signalprocessing::{Signal, SignalSeverity, Target};
use serde_json::{Value, json};
use testing::{FakePeer, Process, TestDatabase};
use time::OffsetDateTime;
use uuid::Uuid;

/// A running service and its client.
pub(crate) struct Service {
    pub(crate) process: Process,
    http: reqwest::Client,
}

impl Service {
    pub(crate) fn start(
        database: &TestDatabase,
        trail: &FakePeer,
        orchestrator: &FakePeer,
        more: &[(&str, &str)],
    ) -> Self {
        let variables = [
            ("DATABASE_URL", database.url()),
            ("DATASTORAGE_URL", trail.url.as_str()),
            ("ORCHESTRATOR_URL", orchestrator.url.as_str()),
        ];
        let variables = [&variables, more].concat();
        let process = Process::start(env!("CARGO_BIN_EXE_gateway"), &variables);
        Self { process, http: reqwest::Client::new() }
    }

    async fn send(&self, path: &str, body: &Value) -> reqwest::Response {
        let url = format!("{}{path}", self.process.url);
        self.http.post(url).json(body).send().await.expect("an answer")
    }

    /// Sends signals; returns the status and what became of them.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, SignalsReceipt) {
        let answer = self.send(path, body).await;
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        let receipt = serde_json::from_str(&text);
        (status.as_u16(), receipt.unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    /// Sends signals that are refused with this status.
    pub(crate) async fn refused(&self, path: &str, body: &Value, status: u16) -> Problem {
        let answer = self.send(path, body).await;
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
        answer.json().await.expect("a problem")
    }
}

/// A group of alerts as Alertmanager sends it.
pub(crate) fn alerts(alerts: &[Value]) -> Value {
    json!({
        "version": "4", "groupKey": "{}:{alertname=\"Down\"}", "truncatedAlerts": 0,
        "status": "firing", "receiver": "gateway", "groupLabels": { "alertname": "Down" },
        "commonLabels": { "alertname": "Down" }, "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093", "alerts": alerts,
    })
}

/// A critical alert about a pod.
pub(crate) fn alert(pod: &str) -> Value {
    json!({
        "status": "firing",
        "labels": {
            "alertname": "Down", "severity": "critical", "namespace": "shop", "pod": pod,
        },
        "annotations": { "summary": "it is down" },
        "startsAt": "2026-01-31T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph", "fingerprint": "0123456789abcdef",
    })
}

/// A request as the orchestrator answers it.
pub(crate) fn request(name: &str, repetitions: u32) -> Value {
    let target = Target { namespace: "shop".into(), kind: "pod".into(), name: "cart-0".into() };
    let signal = Signal {
        fingerprint: "0".repeat(64),
        name: "Down".to_owned(),
        severity: SignalSeverity::Critical,
        target,
        labels: [].into(),
        annotations: [].into(),
    };
    json!(Resource::<RemediationRequests> {
        id: Uuid::nil(),
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
        spec: RemediationSpec { name: name.to_owned(), signal },
        status: Status {
            phase: RemediationPhase::Pending,
            completed_at: None,
            details: RemediationStatus { repetitions, ..RemediationStatus::default() },
        },
    })
}
