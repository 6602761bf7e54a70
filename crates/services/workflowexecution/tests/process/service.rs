//! The service as a process, its catalog, and what its steps reach.

use contract::resource::Resource;
use contract::workflowexecution::{
    CancelExecution, Cancellation, ExecutionSpec, WorkflowExecutions,
};
use kit::PeerError;
use serde_json::{Value, json};
use testing::{FakePeer, Process, Resources, TestDatabase};
use uuid::Uuid;

/// A running service and its client.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) executions: Resources<WorkflowExecutions>,
}

impl Service {
    pub(crate) fn start(database: &TestDatabase, datastorage: &FakePeer) -> Self {
        Self::start_with(database, datastorage, &[])
    }

    pub(crate) fn start_with(
        database: &TestDatabase,
        datastorage: &FakePeer,
        more: &[(&str, &str)],
    ) -> Self {
        let variables = [
            ("DATABASE_URL", database.url()),
            ("DATASTORAGE_URL", datastorage.url.as_str()),
            ("LEASE", "500ms"),
            ("TARGET_INTERVAL", "20ms"),
            ("COOL_DOWN", "0s"),
        ];
        let variables = [&variables, more].concat();
        let process = Process::start(env!("CARGO_BIN_EXE_workflowexecution"), &variables);
        let executions = Resources::at(&process.url);
        Self { process, executions }
    }

    pub(crate) async fn cancel(
        &self,
        name: &str,
    ) -> Result<Resource<WorkflowExecutions>, PeerError> {
        let body = Cancellation { reason: "it was wrong".to_owned() };
        self.executions.peer.call::<CancelExecution>().path(&[name]).body(&body).send().await
    }
}

/// Puts a workflow with these parameters and steps into the catalog.
pub(crate) fn workflow(datastorage: &FakePeer, parameters: Value, content: Value) -> Uuid {
    let id = Uuid::now_v7();
    put(datastorage, id, parameters, content);
    id
}

/// Puts a workflow with this id into the catalog.
pub(crate) fn put(datastorage: &FakePeer, id: Uuid, parameters: Value, content: Value) {
    let workflow = json!({
        "workflow_id": id, "name": "restart-pod", "version": "1.0.0", "title": "t",
        "description": "d",
        "labels": {
            "signal_type": "*", "severity": "*", "component": "*", "environment": "*",
            "priority": "*",
        },
        "parameters": parameters, "content": content, "content_hash": "0".repeat(64),
        "status": "active", "is_latest": true,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    });
    datastorage.always_answers(&path(id), 200, workflow);
}

/// The path of a workflow in the catalog.
pub(crate) fn path(id: Uuid) -> String {
    format!("/api/v1/workflows/{id}")
}

/// A workflow that sends one request.
pub(crate) fn one_request(datastorage: &FakePeer, url: &str) -> Uuid {
    workflow(datastorage, json!({}), json!([{ "type": "http", "url": format!("{url}/restart") }]))
}

/// An execution on a target of its own.
pub(crate) fn spec(name: &str, workflow_id: Uuid) -> ExecutionSpec {
    on(name, workflow_id, name)
}

/// An execution on this pod.
pub(crate) fn on(name: &str, workflow_id: Uuid, pod: &str) -> ExecutionSpec {
    let spec = json!({
        "name": name, "correlation_id": format!("rr-{name}"), "workflow_id": workflow_id,
        "target": { "namespace": "shop", "kind": "pod", "name": pod },
    });
    serde_json::from_value(spec).expect("a spec")
}
