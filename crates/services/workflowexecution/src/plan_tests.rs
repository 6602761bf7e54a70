//! How workflows are filled in.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A workflow with these parameters and steps.
fn workflow(parameters: Value, content: Value) -> Workflow {
    let workflow = json!({
        "workflow_id": "0193a5c2-e4b0-7c1e-9f3a-2b4c5d6e7f80",
        "name": "restart-pod", "version": "1.0.0", "title": "t", "description": "d",
        "labels": {
            "signal_type": "*", "severity": "*", "component": "*", "environment": "*",
            "priority": "*",
        },
        "parameters": parameters, "content": content, "content_hash": "0".repeat(64),
        "status": "active", "is_latest": true,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    });
    serde_json::from_value(workflow).expect("a workflow")
}

fn values(values: Value) -> Values {
    serde_json::from_value(values).expect("values")
}

fn planned(parameters: Value, content: Value, given: Value) -> Value {
    json!(plan(&workflow(parameters, content), &values(given)).expect("a plan"))
}

fn refusal(parameters: Value, content: Value, given: Value) -> String {
    plan(&workflow(parameters, content), &values(given)).expect_err("it cannot be executed")
}

fn wait() -> Value {
    json!([{ "type": "wait", "for": "1s" }])
}

#[test]
fn parameters_are_filled_in_where_texts_name_them() {
    let parameters = json!({ "pod": { "type": "string" }, "replicas": { "type": "integer" } });
    let content = json!([
        {
            "type": "http", "method": "PUT", "url": "http://cluster/pods/{{pod}}/scale", "expect": 202,
            "body": { "to": "{{replicas}}", "why": ["{{ pod }} to {{replicas}}"] },
        },
        { "type": "wait", "for": "{{replicas}}s" },
    ]);
    let plan = planned(parameters, content, json!({ "pod": "cart 0/x", "replicas": 3 }));
    assert_eq!(
        plan,
        json!([
            {
                "type": "http", "method": "PUT", "url": "http://cluster/pods/cart%200%2Fx/scale",
                "expect": 202, "body": { "to": 3, "why": ["cart 0/x to 3"] },
            },
            { "type": "wait", "for": "3s" },
        ])
    );
}

#[test]
fn what_does_not_fit_is_refused_with_all_reasons() {
    let parameters = json!({
        "pod": { "type": "string", "required": true },
        "replicas": { "type": "integer", "minimum": 1, "maximum": 3 },
        "mode": { "type": "string", "enum": ["soft", "hard"] },
    });
    let given = json!({ "replicas": 4, "mode": "medium", "other": true });
    insta::assert_snapshot!(refusal(parameters.clone(), wait(), given), @r#"parameter mode must be one of "soft", "hard", not "medium"; parameter pod is required; parameter replicas must be at most 3, not 4; there is no parameter other"#);
    let given = json!({ "pod": 7, "replicas": "3" });
    insta::assert_snapshot!(refusal(parameters, wait(), given), @r#"parameter pod must be of type string, not 7; parameter replicas must be of type integer, not "3""#);
}

#[test]
fn steps_that_cannot_be_made_are_refused_with_their_numbers() {
    let parameters = json!({ "pod": { "type": "string" } });
    let content = json!([
        { "type": "http" },
        { "type": "http", "url": "http://cluster/{{pod}}" },
        { "type": "http", "url": "https://cluster/" },
        { "type": "http", "url": "file:///etc/passwd" },
        { "type": "http", "url": "http://cluster/", "method": "BREW" },
        { "type": "http", "url": "http://cluster/", "shell": "rm" },
        { "type": "wait", "for": "soon" },
        { "type": "wait", "for": "{{pod" },
        { "type": "wait" },
    ]);
    let refusal = refusal(parameters, content, json!({})).replace("; ", "\n");
    insta::assert_snapshot!(refusal, @"
    step 1: missing field `url`
    step 2: parameter pod has no value
    step 3: https://cluster/ does not begin with http://
    step 4: file:///etc/passwd does not begin with http://
    step 5: unknown variant `BREW`, expected one of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`
    step 6: unknown field `shell`, expected one of `method`, `url`, `expect`, `body`
    step 7: is not a duration
    write it like 50ms, 30s or 5m
    step 8: a {{ has no }}
    step 9: missing field `for`
    ");
}

#[test]
fn only_an_active_workflow_is_executed() {
    for status in ["disabled", "deprecated", "archived"] {
        let mut workflow = workflow(json!({}), wait());
        workflow.summary.status = status.parse().expect("a status");
        let refusal = plan(&workflow, &Values::new()).expect_err("it is not active");
        assert_eq!(refusal, format!("restart-pod 1.0.0 is {status}"));
    }
}

#[test]
fn a_plan_has_a_limit() {
    let parameters = json!({ "long": { "type": "string" } });
    let content = json!([{ "type": "http", "url": "http://a/", "body": "{{long}} ".repeat(300) }]);
    let refusal = refusal(parameters, content, json!({ "long": "x".repeat(1000) }));
    assert_eq!(refusal, "with its parameters it is larger than 262144 bytes");
}

proptest! {
    /// Whatever a parameter is, a request goes where the workflow says.
    #[test]
    fn a_parameter_does_not_lead_elsewhere(value in prop_oneof![".{0,20}", "[./@:?#%\\\\]{0,6}"]) {
        let content = json!([{ "type": "http", "url": "http://cluster:1/a/{{pod}}/b?c={{pod}}" }]);
        let parameters = json!({ "pod": { "type": "string" } });
        let plan = plan(&workflow(parameters, content), &values(json!({ "pod": value })));
        if let Ok([StepAction::Http { url, .. }]) = plan.as_deref() {
            let url = url::Url::parse(url).expect("an address");
            prop_assert_eq!((url.host_str(), url.port()), (Some("cluster"), Some(1)));
            let segments: Vec<_> = url.path_segments().expect("a path").collect();
            prop_assert!(matches!(segments[..], ["a", _, "b"]), "{}", url);
            prop_assert_eq!(url.query_pairs().count(), 1);
            prop_assert_eq!(url.fragment(), None);
        }
    }
}
