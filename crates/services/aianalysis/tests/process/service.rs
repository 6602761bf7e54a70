//! The service, and the holmesgpt-api that it calls.

use contract::aianalysis::{AiAnalyses, AnalysisSpec};
use serde_json::{Value, json};
use testing::{FakePeer, Process, Resources, TestDatabase};

pub(crate) const INCIDENT: &str = "/api/v1/incident/analyze";
pub(crate) const RECOVERY: &str = "/api/v1/recovery/analyze";

/// A running service and its client.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) analyses: Resources<AiAnalyses>,
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
        let analyses = Resources::at(&process.url);
        Self { process, analyses }
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
