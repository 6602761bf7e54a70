//! `sink` as the orchestrator.

use anyhow::Result;
use contract::remediationorchestrator::{
    RemediationPhase, RemediationRequests, RemediationSpec, RemediationStatus,
};
use contract::resource::{Resource, Status};
use contract::signalprocessing::{Signal, SignalSeverity, Target};
use e2e::unique;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

/// A pod that no other test has.
pub(crate) fn pod() -> String {
    unique("cart")
}

/// The orchestrator's answer to the requests about a pod: the request with this name.
pub(crate) fn answer(pod: &str, status: u16, name: &str, repetitions: u32) -> Result<Value> {
    let target = Target { namespace: "shop".into(), kind: "pod".into(), name: pod.into() };
    let signal = Signal {
        fingerprint: "0".repeat(64),
        name: "Down".to_owned(),
        severity: SignalSeverity::Critical,
        target,
        labels: [].into(),
        annotations: [].into(),
    };
    let request = Resource::<RemediationRequests> {
        id: Uuid::nil(),
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
        spec: RemediationSpec { name: name.to_owned(), signal },
        status: Status {
            phase: RemediationPhase::Pending,
            completed_at: None,
            details: RemediationStatus { repetitions, ..RemediationStatus::default() },
        },
    };
    let body = serde_json::to_string(&request)?;
    Ok(json!({ "status": status, "body_contains": pod, "body": body }))
}
