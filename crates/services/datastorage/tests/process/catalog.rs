//! The catalog over the life of a process.

use datastorage::Store;
use datastorage_client::{
    Client, EventQuery, NewWorkflow, StatusChange, WorkflowSearch, WorkflowStatus,
};
use kit::database::Database;
use serde_json::json;

use crate::service::{Lease, Service, database_url};

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
    let mut service = Service::start(&lease, &folder).expect("started");
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

    let _service = Service::start(&lease, &folder).expect("started again");
    // One without connections to the process that is gone.
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
async fn every_search_that_was_answered_is_in_the_trail_after_a_stop() {
    const SEARCHES: u64 = 20;
    let folder = tempfile::tempdir().expect("a folder");
    let lease = Lease::take().expect("a port");
    let mut service = Service::start(&lease, &folder).expect("started");
    let client = Client::new(&lease.url()).expect("an address");
    let url = database_url(&folder).parse().expect("a good URL");
    let Database::Sqlite(other) = Store::new(url).database;

    // Nothing can be stored before the service is told to stop.
    let lock = other.begin().await.expect("the write lock");
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
    lock.rollback().await.expect("released");
    assert!(service.wait().expect("stopped"), "it did not stop cleanly");

    let _service = Service::start(&lease, &folder).expect("started again");
    // One without connections to the process that is gone.
    let client = Client::new(&lease.url()).expect("an address");
    let trail = client.query(&EventQuery::of_correlation("rr-1")).await.expect("a page");
    assert_eq!(trail.pagination.total, SEARCHES);
}
