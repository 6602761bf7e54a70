//! Workflows of the catalog, with the types of its contract.

use anyhow::{Context as _, Result};
use contract::Endpoint as _;
use contract::datastorage::{ChangeWorkflow, CreateWorkflow, NewWorkflow, Workflow};
use serde_json::json;
use uuid::Uuid;

use crate::{Run, unique};

/// A workflow for all signals of an environment, with a name of its own and a required
/// parameter `namespace`.
///
/// # Errors
/// When it is not one of the contract.
pub fn workflow_for(environment: &str) -> Result<NewWorkflow> {
    let workflow = json!({
        "name": unique("restart"),
        "version": "1.0.0",
        "title": "Restart the pod",
        "description": "Deletes the pod, so that its owner makes a new one.",
        "container_image": "registry.shop/restart:1.0.0",
        "labels": {
            "signal_type": "*", "severity": "*", "component": "*",
            "environment": environment, "priority": "*",
        },
        "parameters": { "namespace": { "type": "string", "required": true } },
        "content": [{ "type": "wait", "for": "10ms" }],
    });
    serde_json::from_value(workflow).context("it is a workflow")
}

/// Adds a workflow to the run's catalog.
///
/// # Errors
/// When the catalog refuses it.
pub fn add_workflow(run: &Run, workflow: &NewWorkflow) -> Result<Workflow> {
    let body = serde_json::to_value(workflow)?;
    let answer = run.service("datastorage")?.post(CreateWorkflow::PATH, &body)?;
    Ok(serde_json::from_value(answer.expect(201)?.value()?)?)
}

/// Takes a workflow out of use.
///
/// # Errors
/// When the catalog refuses.
pub fn disable_workflow(run: &Run, id: Uuid) -> Result<()> {
    let path = ChangeWorkflow::PATH.replace("{workflow_id}", &id.to_string());
    let change = json!({ "status": "disabled", "status_reason": "a test wants it so" });
    run.service("datastorage")?.json("PATCH", &path, &change)?.expect(200)?;
    Ok(())
}
