//! The catalog over a restart and a kill of the process.

use contract::datastorage::{
    ChangeWorkflow, CreateWorkflow, GetWorkflow, ListWorkflowVersions, NewWorkflow,
    SearchWorkflows, StatusChange, Workflow, WorkflowSearch, WorkflowStatus,
};
use kit::Peer;
use serde_json::json;
use uuid::Uuid;

use crate::service::{Lease, start};
use crate::spool::{DatabaseLock, until_stored};

fn workflow(version: &str) -> NewWorkflow {
    let workflow = json!({
        "name": "restart-pod",
        "version": version,
        "title": "Restart the pod",
        "description": "Deletes the pod, so that its owner makes a new one.",
        "labels": {
            "signal_type": "OOMKilled", "severity": "*", "component": "pod",
            "environment": "*", "priority": "*",
        },
        "content": [{ "type": "wait", "for": "1s" }],
    });
    serde_json::from_value(workflow).expect("a workflow")
}

fn search() -> WorkflowSearch {
    let search = json!({
        "signal_type": "OOMKilled", "severity": "high", "component": "pod",
        "environment": "staging", "priority": "P1", "correlation_id": "rr-1",
    });
    serde_json::from_value(search).expect("a search")
}

async fn create(client: &Peer, workflow: NewWorkflow) -> Workflow {
    client.call::<CreateWorkflow>().body(&workflow).send().await.expect("created")
}

async fn get(client: &Peer, id: Uuid) -> Workflow {
    client.call::<GetWorkflow>().path(&[&id.to_string()]).send().await.expect("found")
}

#[tokio::test]
async fn what_was_acknowledged_survives_being_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let mut service = start(&lease, &folder);
    let client = lease.client();

    let first = create(&client, workflow("1")).await;
    let second = create(&client, workflow("2")).await;
    let change = StatusChange {
        status: WorkflowStatus::Deprecated,
        status_reason: "there is a better one".to_owned(),
    };
    let first_id = first.summary.workflow_id;
    let (path, call) = (first_id.to_string(), client.call::<ChangeWorkflow>());
    let changed = call.path(&[&path]).body(&change).send().await.expect("changed");
    service.kill();

    let _service = start(&lease, &folder);
    let client = lease.client();
    assert_eq!(get(&client, first_id).await, changed);
    let second_id = second.summary.workflow_id;
    assert_eq!(get(&client, second_id).await, second);
    let versions = client.call::<ListWorkflowVersions>().path(&["restart-pod"]).send().await;
    assert_eq!(versions.expect("a page").pagination.total, 2);
    let found = client.call::<SearchWorkflows>().body(&search()).send().await.expect("an answer");
    assert_eq!(found.data[0].workflow.workflow_id, second_id);
    assert_eq!((found.total, found.data[0].score), (1, 0.65));
}

#[tokio::test]
async fn every_search_that_was_answered_comes_into_the_trail_also_after_a_stop() {
    const SEARCHES: u64 = 20;
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let service = start(&lease, &folder);
    let client = lease.client();
    // They go into the spool, and from there into the trail at the next start.
    let other = DatabaseLock::lock(&folder).await;
    let searches: Vec<_> = (0..SEARCHES)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(
                async move { client.call::<SearchWorkflows>().body(&search()).send().await },
            )
        })
        .collect();
    for search in searches {
        search.await.expect("no panic").expect("an answer");
    }
    service.terminate();
    let (code, log) = service.ended();
    assert_eq!(code, Some(0), "{log}");
    other.release().await;

    let _service = start(&lease, &folder);
    let client = lease.client();
    until_stored(&client, SEARCHES).await;
}
