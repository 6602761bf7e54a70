//! Creating workflows, and signals to search for them.

use anyhow::{Context as _, Result, ensure};
use e2e::{Endpoint, unique};
use serde_json::{Value, json};

pub(crate) const WORKFLOWS: &str = "/api/v1/workflows";
pub(crate) const SEARCH: &str = "/api/v1/workflows/search";

/// A workflow with the required fields, for signals of this type.
pub(crate) fn workflow(name: &str, version: &str, signal_type: &str) -> Value {
    json!({
        "name": name,
        "version": version,
        "title": "Restart the pod",
        "description": "Deletes the pod, so that its owner makes a new one.",
        "labels": {
            "signal_type": signal_type,
            "severity": "critical",
            "component": "pod",
            "environment": "production",
            "priority": "P0",
        },
        "content": [
            { "type": "http", "method": "DELETE", "url": "http://cluster/pods/{{pod}}" },
            { "type": "wait", "for": "10s" },
        ],
    })
}

/// A signal that fits [`workflow`] in all five labels. Its minimum score
/// excludes workflows of other tests that fit any signal.
pub(crate) fn signal(signal_type: &str) -> Value {
    let mut signal = workflow("", "", signal_type)["labels"].clone();
    signal["min_score"] = json!(0.3);
    signal
}

/// The workflow with other values of the five labels.
pub(crate) fn labelled(mut workflow: Value, labels: Value) -> Value {
    for (name, value) in labels.as_object().cloned().unwrap_or_default() {
        workflow["labels"][name] = value;
    }
    workflow
}

/// A type of signal that no other test has.
pub(crate) fn signal_type() -> String {
    unique("OOMKilled")
}

/// Creates a version and returns it as stored.
pub(crate) fn create(datastorage: &Endpoint, workflow: &Value) -> Result<Value> {
    datastorage.post(WORKFLOWS, workflow)?.expect(201)?.value()
}

/// Sets the status of a version.
pub(crate) fn set_status(datastorage: &Endpoint, workflow: &Value, status: &str) -> Result<Value> {
    let change = json!({ "status": status, "status_reason": format!("it is {status} now") });
    datastorage.json("PATCH", &path_of(workflow)?, &change)?.expect(200)?.value()
}

/// The path of a version.
pub(crate) fn path_of(workflow: &Value) -> Result<String> {
    let id = workflow["workflow_id"].as_str();
    Ok(format!("{WORKFLOWS}/{}", id.with_context(|| format!("no id in {workflow}"))?))
}

/// The summary of a version, without its content.
pub(crate) fn summary(workflow: &Value) -> Value {
    crate::support::with(workflow.clone(), json!({ "content": null }))
}

/// The result of a search.
pub(crate) fn find(datastorage: &Endpoint, signal: &Value) -> Result<Value> {
    datastorage.post(SEARCH, signal)?.expect(200)?.value()
}

/// Names and scores of a search's result, best first. Also checks the ranks.
pub(crate) fn ranking(datastorage: &Endpoint, signal: &Value) -> Result<Vec<(String, f64)>> {
    let found = find(datastorage, signal)?;
    let data = found["data"].as_array().with_context(|| format!("no data in {found}"))?;
    let mut ranking = Vec::new();
    for (place, one) in (1..).zip(data) {
        ensure!(one["rank"] == place, "place {place}: {one:#}");
        let name = one["workflow"]["name"].as_str().context("no name")?;
        ranking.push((name.to_owned(), one["score"].as_f64().context("no score")?));
    }
    Ok(ranking)
}

/// Names and versions of a page, in its order.
pub(crate) fn entries(page: &Value) -> Result<Vec<(String, String)>> {
    let data = page["data"].as_array().with_context(|| format!("no data in {page}"))?;
    let text = |entry: &Value, field: &str| -> Result<String> {
        Ok(entry[field].as_str().with_context(|| format!("no {field} in {entry}"))?.to_owned())
    };
    data.iter().map(|workflow| Ok((text(workflow, "name")?, text(workflow, "version")?))).collect()
}
