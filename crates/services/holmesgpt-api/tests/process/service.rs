//! The service, its catalog and its trail.

use contract::holmesgpt::{
    Analysis, AnalyzeIncident, AnalyzeRecovery, Incident, IncidentRequest, RecoveryRequest,
};
use kit::{Peer, PeerError};
use serde_json::{Value, json};
use testing::{FakePeer, Process, TestDatabase};
use uuid::{Uuid, uuid};

/// The workflow that the search finds.
pub(crate) const FITTING: Uuid = uuid!("01940000-0000-7000-8000-000000000001");

/// A workflow of the catalog that the search does not find.
pub(crate) const UNFITTING: Uuid = uuid!("01940000-0000-7000-8000-000000000002");

/// A running service and its client.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) peer: Peer,
}

impl Service {
    pub(crate) fn start(database: &TestDatabase, trail: &FakePeer, more: &[(&str, &str)]) -> Self {
        let mut variables = vec![
            ("DATABASE_URL", database.url()),
            ("DATASTORAGE_URL", trail.url.as_str()),
            ("CATALOG_BUDGET", "0s"),
        ];
        variables.extend(more);
        let process = Process::start(env!("CARGO_BIN_EXE_holmesgpt-api"), &variables);
        let peer = Peer::new("holmesgpt-api", &process.url).expect("an address");
        Self { process, peer }
    }

    pub(crate) async fn call(
        &self,
        correlation_id: &str,
        incident: Incident,
    ) -> Result<Analysis, PeerError> {
        let request = IncidentRequest { correlation_id: correlation_id.to_owned(), incident };
        self.peer.call::<AnalyzeIncident>().body(&request).send().await
    }

    pub(crate) async fn analyze(&self, correlation_id: &str, incident: Incident) -> Analysis {
        self.call(correlation_id, incident).await.expect("an analysis")
    }

    /// The status and the detail of a problem.
    pub(crate) async fn refused(&self, correlation_id: &str, incident: Incident) -> (u16, String) {
        match self.call(correlation_id, incident).await {
            Err(PeerError::Refused { status, problem, .. }) => (status, problem.detail),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn recover(&self, attempt: u32, executions: Value) -> Analysis {
        let request = RecoveryRequest {
            correlation_id: "rr-a".to_owned(),
            incident: incident("OOMKilled"),
            attempt,
            previous_executions: serde_json::from_value(executions).expect("executions"),
        };
        let call = self.peer.call::<AnalyzeRecovery>().body(&request);
        call.send().await.expect("an analysis")
    }
}

/// A catalog with one workflow that fits and one that does not, which is the trail too.
pub(crate) async fn catalog() -> FakePeer {
    let peer = FakePeer::start().await;
    peer.always_answers("/health/live", 200, json!({}));
    let mut found = workflow();
    found.as_object_mut().expect("an object").remove("content");
    let matches = json!({ "data": [{ "rank": 1, "score": 1.0, "workflow": found }], "total": 1 });
    peer.always_answers("/api/v1/workflows/search", 200, matches);
    peer.always_answers(&format!("/api/v1/workflows/{FITTING}"), 200, workflow());
    let mut other = workflow();
    other["workflow_id"] = json!(UNFITTING);
    peer.always_answers(&format!("/api/v1/workflows/{UNFITTING}"), 200, other);
    let nobody = format!("/api/v1/workflows/{}", Uuid::nil());
    peer.always_answers(&nobody, 404, json!({}));
    peer
}

pub(crate) fn workflow() -> Value {
    json!({
        "workflow_id": FITTING, "name": "restart", "version": "1", "title": "Restart",
        "description": "Restarts the pod", "container_image": "shop/restart:1",
        "labels": {
            "signal_type": "*", "severity": "*", "component": "*", "environment": "*",
            "priority": "*",
        },
        "custom_labels": {}, "detected_labels": {},
        "parameters": {
            "namespace": { "type": "string", "required": true },
            "grace": { "type": "integer", "required": true, "minimum": 5, "maximum": 60 },
            "mode": { "type": "string", "required": true, "enum": ["soft", "hard"] },
            "note": { "type": "string" },
        },
        "content_hash": "0".repeat(64), "status": "active", "is_latest": true,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
        "content": [{ "type": "wait", "for": "1s" }],
    })
}

pub(crate) fn incident(signal_type: &str) -> Incident {
    let incident = json!({
        "signal": {
            "fingerprint": "0".repeat(64), "name": signal_type, "severity": "critical",
            "target": { "namespace": "shop", "kind": "pod", "name": "cart-0" },
        },
        "environment": "staging", "severity": "critical", "priority": "P1",
    });
    serde_json::from_value(incident).expect("an incident")
}
