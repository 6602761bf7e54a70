//! The service as a process, and a peer that plays all services that it calls.

use std::time::Duration;

use contract::remediationorchestrator::{
    ApprovalDecision, CancelRemediation, DecideApproval, RemediationRequests, RemediationSpec,
};
use contract::resource::{Create, Delete, Resource};
use contract::workflowexecution::Cancellation;
use kit::PeerError;
use serde_json::{Value, json};
use testing::peer::Call;
use testing::{FakePeer, Process, Resources, TestDatabase};

/// Longer than any step of a working test takes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const PROCESSINGS: &str = "/api/v1/signalprocessings";
pub(crate) const ANALYSES: &str = "/api/v1/aianalyses";
pub(crate) const EXECUTIONS: &str = "/api/v1/workflowexecutions";
pub(crate) const NOTIFICATIONS: &str = "/api/v1/notifications";

const WORKFLOW: &str = "01940000-0000-7000-8000-000000000001";

/// A running service and its client.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) requests: Resources<RemediationRequests>,
}

impl Service {
    pub(crate) fn start(database: &TestDatabase, trail: &FakePeer, peers: &Peers) -> Self {
        Self::start_with(database, trail, peers, &[])
    }

    pub(crate) fn start_with(
        database: &TestDatabase,
        trail: &FakePeer,
        peers: &Peers,
        more: &[(&str, &str)],
    ) -> Self {
        let url = peers.fake.url.as_str();
        let variables = [
            ("DATABASE_URL", database.url()),
            ("DATASTORAGE_URL", trail.url.as_str()),
            ("SIGNALPROCESSING_URL", url),
            ("AIANALYSIS_URL", url),
            ("WORKFLOWEXECUTION_URL", url),
            ("NOTIFICATION_URL", url),
            ("POLL_INTERVAL", "10ms"),
            ("CALL_TIMEOUT", "400ms"),
            ("LEASE", "500ms"),
            ("REMEDIED_INTERVAL", "0s"),
        ];
        let variables = [&variables, more].concat();
        let process = Process::start(env!("CARGO_BIN_EXE_remediationorchestrator"), &variables);
        let requests = Resources::at(&process.url);
        Self { process, requests }
    }

    /// Creates a request; returns the status, and the request that stands for it.
    pub(crate) async fn create(
        &self,
        spec: &RemediationSpec,
    ) -> (u16, Resource<RemediationRequests>) {
        self.try_create(spec).await.expect("accepted")
    }

    pub(crate) async fn try_create(
        &self,
        spec: &RemediationSpec,
    ) -> Result<(u16, Resource<RemediationRequests>), PeerError> {
        let call = self.requests.peer.call::<Create<RemediationRequests>>().body(spec);
        let (status, found) = call.send_for_status().await?;
        Ok((status.as_u16(), found))
    }

    /// Waits until people were told of a request.
    pub(crate) async fn notified(&self, name: &str) -> Resource<RemediationRequests> {
        self.requests
            .until(name, |found| !found.status.details.children.notifications.is_empty())
            .await
    }

    pub(crate) async fn answer(
        &self,
        name: &str,
        approved: bool,
    ) -> Result<Resource<RemediationRequests>, PeerError> {
        let body = ApprovalDecision { approved, decided_by: "ann".into(), comment: None };
        self.requests.peer.call::<DecideApproval>().path(&[name]).body(&body).send().await
    }

    pub(crate) async fn cancel(
        &self,
        name: &str,
    ) -> Result<Resource<RemediationRequests>, PeerError> {
        let body = Cancellation { reason: "it was wrong".to_owned() };
        self.requests.peer.call::<CancelRemediation>().path(&[name]).body(&body).send().await
    }

    pub(crate) async fn delete(&self, name: &str) {
        let path = [name];
        let call = self.requests.peer.call::<Delete<RemediationRequests>>().path(&path);
        call.send().await.expect("it was there");
    }
}

/// All services that the orchestrator calls.
pub(crate) struct Peers {
    pub(crate) fake: FakePeer,
}

impl Peers {
    /// They accept everything, and have nothing done yet.
    pub(crate) async fn start() -> Self {
        let fake = FakePeer::start().await;
        fake.always_answers("/health/live", 200, json!({}));
        for path in [PROCESSINGS, ANALYSES, EXECUTIONS] {
            fake.answers_with(path, |_, spec| (201, resource(spec, json!({ "phase": "Pending" }))));
        }
        fake.answers_with(NOTIFICATIONS, |_, spec| {
            let status = json!({
                "phase": "Pending", "reason": null, "completed_at": null, "channels": [],
            });
            let mut notification = resource(spec, status);
            notification["receiver"] = Value::Null;
            (201, notification)
        });
        Self { fake }
    }

    /// How far the signal of a request is processed.
    pub(crate) fn processing(&self, request: &str, status: Value) {
        self.child(PROCESSINGS, "sp", request, status);
    }

    /// How far its analysis is.
    pub(crate) fn analysis(&self, request: &str, status: Value) {
        self.child(ANALYSES, "ai", request, status);
    }

    /// How far its execution is.
    pub(crate) fn execution(&self, request: &str, status: Value) {
        self.child(EXECUTIONS, "we", request, status);
    }

    /// All that is made for a request succeeds.
    pub(crate) fn succeed(&self, request: &str) {
        self.processing(request, processed("staging", "P1"));
        self.analysis(request, selected(&[]));
        self.execution(request, executed());
    }

    /// All that may be made for a request can be deleted.
    pub(crate) fn forget(&self, request: &str) {
        let children = [
            format!("{PROCESSINGS}/sp-{request}"),
            format!("{ANALYSES}/ai-{request}"),
            format!("{EXECUTIONS}/we-{request}"),
        ];
        let notifications = ["approval", "manual-review", "completed"]
            .map(|what| format!("{NOTIFICATIONS}/nr-{what}-{request}"));
        for path in children.iter().chain(&notifications) {
            self.fake.always_answers(path, 204, Value::Null);
        }
    }

    fn child(&self, collection: &str, prefix: &str, request: &str, status: Value) {
        let name = format!("{prefix}-{request}");
        let spec = match prefix {
            "sp" => json!({ "signal": signal("0") }),
            "ai" => json!({
                "incident": {
                    "signal": signal("0"), "environment": "e", "severity": "low", "priority": "P1",
                },
            }),
            _ => json!({
                "workflow_id": WORKFLOW,
                "target": { "namespace": "shop", "kind": "pod", "name": "cart-0" },
            }),
        };
        let mut spec = spec;
        spec["name"] = json!(name);
        spec["correlation_id"] = json!(request);
        let path = format!("{collection}/{name}");
        self.fake.always_answers(&path, 200, resource(&spec, status));
    }

    /// The calls of a method whose path begins so.
    pub(crate) fn calls(&self, method: &str, path: &str) -> Vec<Call> {
        let mut calls = self.fake.calls();
        calls.retain(|call| call.method == method && call.path_and_query.starts_with(path));
        calls
    }

    /// The names in what was sent to a collection.
    pub(crate) fn made(&self, collection: &str) -> Vec<String> {
        let name = |call: &Call| call.body["name"].as_str().unwrap_or_default().to_owned();
        self.calls("POST", collection).iter().map(name).collect()
    }
}

fn resource(spec: &Value, status: Value) -> Value {
    let mut status = status;
    let defaults = json!({
        "completed_at": null, "calls": 0, "steps": [], "target_reserved_at": null,
        "started_at": null,
    });
    for (key, value) in defaults.as_object().expect("an object") {
        status.as_object_mut().expect("an object").entry(key).or_insert(value.clone());
    }
    json!({
        "id": "0193a5c2-e4b0-7c1e-9f3a-2b4c5d6e7f80", "created_at": "2026-01-31T12:00:00Z",
        "updated_at": "2026-01-31T12:00:00Z", "spec": spec, "status": status,
    })
}

/// The status of a signal that was classified.
pub(crate) fn processed(environment: &str, priority: &str) -> Value {
    json!({
        "phase": "Completed",
        "enrichment": {
            "degraded_mode": false, "labels": {}, "owners": [], "replicas": 2,
            "detected_labels": { "helm": "true" },
        },
        "classification": {
            "environment": environment, "environment_source": "namespace-label",
            "severity": "critical", "priority": priority,
        },
    })
}

/// The status of an analysis that has selected a workflow; somebody has to agree for
/// these reasons.
pub(crate) fn selected(reasons: &[&str]) -> Value {
    json!({
        "phase": "Completed", "reason": "WorkflowSelected", "message": "one was selected",
        "approval": { "required": !reasons.is_empty(), "reasons": reasons },
        "analysis": {
            "root_cause": { "summary": "s", "contributing_factors": [] }, "confidence": 0.9,
            "alternatives": [], "validation_attempts": [], "needs_human_review": false,
            "warnings": [],
            "selected_workflow": {
                "workflow_id": WORKFLOW, "name": "restart", "version": "1.0.0",
                "container_image": null, "parameters": { "pod": "cart-0" }, "rationale": "it fits",
            },
        },
    })
}

/// The status of an analysis that has not.
pub(crate) fn unselected(phase: &str, reason: &str) -> Value {
    json!({ "phase": phase, "reason": reason, "message": "for a reason" })
}

/// The status of an execution that has succeeded.
pub(crate) fn executed() -> Value {
    json!({ "phase": "Completed" })
}

/// The status of one that has failed, before it had begun or later.
pub(crate) fn failed(had_begun: bool) -> Value {
    json!({
        "phase": "Failed",
        "failure": {
            "reason": "TaskFailed", "message": "step 1 has failed", "step": null,
            "was_execution_failure": had_begun,
        },
    })
}

fn signal(fingerprint: &str) -> Value {
    json!({
        "fingerprint": fingerprint.repeat(64), "name": "OOMKilled", "severity": "critical",
        "target": { "namespace": "shop", "kind": "pod", "name": "cart-0" },
    })
}

/// A request for a signal with this fingerprint, a hexadecimal digit, on this pod.
pub(crate) fn spec(name: &str, fingerprint: &str, pod: &str) -> RemediationSpec {
    let mut signal = signal(fingerprint);
    signal["target"]["name"] = json!(pod);
    serde_json::from_value(json!({ "name": name, "signal": signal })).expect("a spec")
}
