//! The routes, without a socket.

mod document;
mod entries;
mod search;

use axum::http::StatusCode;
use serde_json::Value;

use super::WORKFLOWS;
use crate::testing::TestService;

/// Creates a valid version.
async fn create(datastorage: &TestService, sent: &Value) -> Value {
    let (status, created) = datastorage.send("POST", WORKFLOWS, Some(sent)).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    created
}

fn path_of(workflow: &Value) -> String {
    format!("{WORKFLOWS}/{}", workflow["workflow_id"].as_str().expect("an id"))
}

fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().expect("violations");
    errors.iter().filter_map(|error| error["field"].as_str()).collect()
}
