//! `sink` as the orchestrator.

use e2e::unique;
use serde_json::{Value, json};

/// A pod that no other test has.
pub(crate) fn pod() -> String {
    unique("cart")
}

/// The orchestrator's answer to the requests about a pod: the request with this name.
pub(crate) fn answer(pod: &str, status: u16, name: &str, repetitions: u32) -> Value {
    let request = json!({
        "id": "0193a5c2-e4b0-7c1e-9f3a-2b4c5d6e7f80",
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
        "spec": {
            "name": name,
            "signal": {
                "fingerprint": "0".repeat(64), "name": "Down", "severity": "critical",
                "target": { "namespace": "shop", "kind": "pod", "name": pod },
            },
        },
        "status": {
            "phase": "Pending", "completed_at": null, "repetitions": repetitions,
            "repeated_at": null, "children": { "notifications": [] }, "phase_since": null,
        },
    });
    json!({ "status": status, "body_contains": pod, "body": request.to_string() })
}
