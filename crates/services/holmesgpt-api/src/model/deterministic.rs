//! A model whose answer depends on the type of the signal alone.

use std::collections::BTreeMap;

use contract::datastorage::{Parameter, ParameterType, WorkflowSummary};
use contract::holmesgpt::Incident;
use serde_json::{Value, json};

use super::{Choice, Model, ModelError, Other, Proposal, Question, Reply, Verdict};

/// Types of signals, how sure it is about them, and what is wrong.
const TYPES: [(&str, f64, &str); 6] = [
    ("OOMKilled", 0.92, "a container used more memory than its limit allows"),
    ("CrashLoopBackOff", 0.88, "a container ends soon after every start"),
    ("NodeNotReady", 0.90, "the node's kubelet does not report any more"),
    ("ImagePullBackOff", 0.85, "the image cannot be pulled"),
    ("Evicted", 0.87, "the node was short of a resource"),
    ("FailedScheduling", 0.82, "no node has room for the pod"),
];

/// How sure it is about all others.
const OTHERS: f64 = 0.75;

/// A model whose answer depends on the type of the signal alone: the first workflow
/// that has not run yet. Some types of signals are triggers.
///
/// | trigger | answer |
/// |---|---|
/// | `MOCK_NO_WORKFLOW_FOUND` | no workflow fits |
/// | `MOCK_LOW_CONFIDENCE` | the first workflow, with a confidence of 0.45 |
/// | `MOCK_MAX_RETRIES_EXHAUSTED` | none that can be read |
/// | `MOCK_NOT_REPRODUCIBLE` | nothing has to be done |
#[derive(Clone, Copy, Debug)]
pub struct Deterministic;

impl Model for Deterministic {
    fn name(&self) -> &str {
        "deterministic"
    }

    fn ask<'a>(&'a self, question: &'a Question<'a>) -> Reply<'a> {
        Box::pin(async { propose(question) })
    }
}

fn propose(question: &Question<'_>) -> Result<Proposal, ModelError> {
    let signal_type = question.incident.signal.name.as_str();
    let known = TYPES.iter().find(|(name, ..)| *name == signal_type);
    let (confidence, cause) = known
        .map_or((OTHERS, "its type is not known"), |(_, confidence, cause)| (*confidence, *cause));
    let mut proposal = Proposal {
        root_cause: format!("{signal_type} of {}: {cause}", question.incident.signal.target),
        contributing_factors: question.incident.detected_labels.keys().cloned().collect(),
        confidence,
        verdict: Verdict::NoWorkflow,
        workflow: None,
        alternatives: Vec::new(),
    };
    match signal_type {
        "MOCK_MAX_RETRIES_EXHAUSTED" => {
            return Err(ModelError::Invalid(vec!["the answer is not JSON".to_owned()]));
        }
        "MOCK_NO_WORKFLOW_FOUND" => return Ok(proposal),
        "MOCK_NOT_REPRODUCIBLE" => {
            let root_cause = "the problem could not be reproduced".to_owned();
            let (confidence, verdict) = (0.85, Verdict::NotNeeded);
            return Ok(Proposal { root_cause, confidence, verdict, ..proposal });
        }
        "MOCK_LOW_CONFIDENCE" => proposal.confidence = 0.45,
        _ => {}
    }
    let has_run = |workflow: &&WorkflowSummary| {
        question.previous_executions.iter().any(|run| run.workflow_id == workflow.workflow_id)
    };
    let mut workflows = question.workflows.iter().filter(|workflow| !has_run(workflow));
    if let Some(workflow) = workflows.next() {
        proposal.verdict = Verdict::Remedy;
        proposal.workflow = Some(choice(workflow, question.incident));
    }
    let other = |workflow: &WorkflowSummary| Other {
        workflow_id: workflow.workflow_id,
        rationale: "it fits the signal too".to_owned(),
    };
    proposal.alternatives = workflows.map(other).collect();
    Ok(proposal)
}

fn choice(workflow: &WorkflowSummary, incident: &Incident) -> Choice {
    let required =
        workflow.definition.parameters.iter().filter(|(_, parameter)| parameter.required);
    let parameters: BTreeMap<_, _> = required
        .map(|(name, parameter)| (name.clone(), value(name, parameter, incident)))
        .collect();
    Choice {
        workflow_id: workflow.workflow_id,
        container_image: workflow.definition.container_image.clone(),
        parameters,
        rationale: "of the workflows that have not run yet, it fits the signal best".to_owned(),
    }
}

/// A value that the parameter may have.
fn value(name: &str, parameter: &Parameter, incident: &Incident) -> Value {
    if let Some(first) = parameter.choices.as_ref().and_then(|choices| choices.first()) {
        return first.clone();
    }
    let target = &incident.signal.target;
    match parameter.kind {
        ParameterType::String => match name.to_ascii_lowercase().as_str() {
            "namespace" => json!(target.namespace),
            "kind" => json!(target.kind),
            _ => json!(target.name),
        },
        ParameterType::Integer | ParameterType::Number => {
            parameter.minimum.as_ref().or(parameter.maximum.as_ref()).map_or(json!(1), |n| json!(n))
        }
        ParameterType::Boolean => json!(true),
    }
}
