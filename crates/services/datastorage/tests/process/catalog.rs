//! The catalog over a restart and a kill of the process.

use contract::datastorage::{NewWorkflow, StatusChange, WorkflowSearch, WorkflowStatus};
use datastorage_client::Client;
use serde_json::json;

use crate::service::{Lease, TestService};
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

#[tokio::test]
async fn what_was_acknowledged_survives_being_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let mut service = TestService::start(&lease, &folder).expect("started");
    let client = Client::new(&lease.url()).expect("an address");

    let first = client.create_workflow(&workflow("1")).await.expect("created");
    let second = client.create_workflow(&workflow("2")).await.expect("created");
    let change = StatusChange {
        status: WorkflowStatus::Deprecated,
        status_reason: "there is a better one".to_owned(),
    };
    let first_id = first.summary.workflow_id;
    let changed = client.set_workflow_status(first_id, &change).await.expect("changed");
    service.kill().expect("killed");

    let _service = TestService::start(&lease, &folder).expect("started again");
    // A new client, without connections to the old process.
    let client = Client::new(&lease.url()).expect("an address");
    let changed = changed.expect("there");
    assert_eq!(client.workflow(first_id).await.expect("an answer"), Some(changed));
    let second_id = second.summary.workflow_id;
    assert_eq!(client.workflow(second_id).await.expect("an answer"), Some(second));
    let versions = client.workflow_versions("restart-pod", 0).await.expect("an answer");
    assert_eq!(versions.expect("there").pagination.total, 2);
    let found = client.search_workflows(&search()).await.expect("an answer");
    assert_eq!(found.data[0].workflow.workflow_id, second_id);
    assert_eq!((found.total, found.data[0].score), (1, 0.65));
}

#[tokio::test]
async fn every_search_that_was_answered_comes_into_the_trail_also_after_a_stop() {
    const SEARCHES: u64 = 20;
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let service = TestService::start(&lease, &folder).expect("started");
    let client = Client::new(&lease.url()).expect("an address");
    // They go into the spool, and from there into the trail at the next start.
    let other = DatabaseLock::lock(&folder).await;
    let searches: Vec<_> = (0..SEARCHES)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.search_workflows(&search()).await })
        })
        .collect();
    for search in searches {
        search.await.expect("no panic").expect("an answer");
    }
    service.terminate().expect("told to stop");
    let (code, log) = service.ended().expect("ended");
    assert_eq!(code, Some(0), "{log}");
    other.release().await;

    let _service = TestService::start(&lease, &folder).expect("started again");
    // A new client, without connections to the old process.
    let client = Client::new(&lease.url()).expect("an address");
    until_stored(&client, SEARCHES).await;
}
