//! The service, and the holmesgpt-api that it calls.

use std::time::{Duration, Instant};

use contract::aianalysis::{AiAnalyses, AnalysisSpec};
use contract::resource::{Create, Get, Resource};
use kit::Peer;
use serde_json::{Value, json};
use testing::{FakePeer, Process, TestDatabase};

/// Longer than any step of a working test takes.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const INCIDENT: &str = "/api/v1/incident/analyze";
pub(crate) const RECOVERY: &str = "/api/v1/recovery/analyze";

/// A running service and its client.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) peer: Peer,
}

impl Service {
    pub(crate) fn start(database: &TestDatabase, trail: &FakePeer, holmesgpt_url: &str) -> Self {
        let variables = [
            ("DATABASE_URL", database.url()),
            ("DATASTORAGE_URL", trail.url.as_str()),
            ("HOLMESGPT_URL", holmesgpt_url),
            ("LEASE", "500ms"),
            ("CALL_TIMEOUT", "400ms"),
            ("BACKOFF", "20ms"),
        ];
        let process = Process::start(env!("CARGO_BIN_EXE_aianalysis"), &variables);
        let peer = Peer::new("aianalysis", &process.url).expect("an address");
        Self { process, peer }
    }

    pub(crate) async fn create(&self, spec: &AnalysisSpec) -> Resource<AiAnalyses> {
        self.peer.call::<Create<AiAnalyses>>().body(spec).send().await.expect("accepted")
    }

    pub(crate) async fn get(&self, name: &str) -> Resource<AiAnalyses> {
        self.peer.call::<Get<AiAnalyses>>().path(&[name]).send().await.expect("an answer")
    }

    /// Waits until an analysis is as it should be.
    pub(crate) async fn until(
        &self,
        name: &str,
        is_so: impl Fn(&Resource<AiAnalyses>) -> bool,
    ) -> Resource<AiAnalyses> {
        let start = Instant::now();
        loop {
            let found = self.get(name).await;
            if is_so(&found) {
                return found;
            }
            assert!(start.elapsed() < DEADLINE, "{found:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn ended(&self, name: &str) -> Resource<AiAnalyses> {
        self.until(name, |found| found.status.completed_at.is_some()).await
    }
}

/// A holmesgpt-api that has nothing to say yet.
pub(crate) async fn holmesgpt() -> FakePeer {
    let peer = FakePeer::start().await;
    peer.always_answers("/health/live", 200, json!({}));
    peer
}

/// An answer of it.
pub(crate) fn analysis(warnings: Value) -> Value {
    json!({
        "root_cause": { "summary": "it used more memory than it may", "contributing_factors": [] },
        "confidence": 0.92,
        "selected_workflow": {
            "workflow_id": "01940000-0000-7000-8000-000000000001", "name": "restart",
            "version": "1", "container_image": null, "parameters": {}, "rationale": "it fits",
        },
        "alternatives": [],
        "validation_attempts": [],
        "needs_human_review": false,
        "human_review_reason": null,
        "warnings": warnings,
    })
}

pub(crate) fn spec(name: &str, environment: &str, attempt: u32) -> AnalysisSpec {
    let executions = (1..attempt).map(|number| {
        let id = format!("01940000-0000-7000-8000-00000000010{number}");
        json!({ "workflow_id": id, "failure": "TaskFailed" })
    });
    let spec = json!({
        "name": name, "correlation_id": format!("rr-{name}"), "attempt": attempt,
        "previous_executions": executions.collect::<Vec<_>>(),
        "incident": {
            "signal": {
                "fingerprint": "0".repeat(64), "name": "OOMKilled", "severity": "critical",
                "target": { "namespace": "shop", "kind": "pod", "name": "cart-0" },
            },
            "environment": environment, "severity": "critical", "priority": "P1",
        },
    });
    serde_json::from_value(spec).expect("a spec")
}
