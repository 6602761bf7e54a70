//! Orders that variables ask for, and needs that they replace.

use serde_json::{Value, json};

use crate::workspace::testing::{Fixture, error};

#[test]
fn a_suite_cannot_point_services_at_each_other() {
    let env = json!({ "a": { "B": "{b.url}" }, "b": { "A": "{a.url}", "ME": "{self.url}" } });
    let suite = json!({ "s": { "needs": ["a", "b"], "env": env } });
    let fixture = Fixture::new().service("a", json!({})).service("b", json!({})).suites(suite);
    insta::assert_snapshot!(error(fixture), @r"
    Cargo.toml: workspace.metadata.onetag.suites.s.env: with these variables services need each other in a circle: a -> b -> a
    hint: a service comes after those that its variables name; remove one of them
    ");
}

/// The services that are deployed for a service `a` like this, with its suite;
/// it needs `b`, which needs `c`, and there is a `sink`.
fn deployed(a: Value, suite: Value) -> String {
    let mut table = json!({ "needs": ["b"], "suite": suite });
    let Value::Object(a) = a else { panic!("{a} is no table") };
    table.as_object_mut().unwrap().extend(a);
    let workspace = Fixture::new()
        .service("a", table)
        .service("b", json!({ "needs": ["c"], "env": { "C": "{c.url}" } }))
        .service("c", json!({}))
        .service("sink", json!({}))
        .e2e(&["a"])
        .load()
        .unwrap();
    let plan = workspace.plan(workspace.suite("a").unwrap()).unwrap();
    for planned in plan.services() {
        for need in &planned.service.needs {
            assert!(plan.service(need).is_some(), "`{need}` is needed, but not planned");
        }
    }
    let names: Vec<&str> = plan.services().map(|planned| planned.service.name.as_str()).collect();
    names.join(" ")
}

#[test]
fn a_need_that_the_suite_replaces_is_not_deployed() {
    let env = json!({ "env": { "B": "{b.url}/x", "B_PORT": "{b.port}" } });
    let both = json!({ "B": "{sink.url}", "B_PORT": "1" });
    let suite = |variables: &Value| json!({ "needs": ["sink"], "env": { "a": variables } });
    assert_eq!(deployed(env.clone(), suite(&both)), "sink a");

    // One of two is left.
    let one = json!({ "B": "{sink.url}" });
    assert_eq!(deployed(env.clone(), suite(&one)), "c sink b a");
    // The new value names it, too.
    let again = json!({ "B": "{b.url}/y", "B_PORT": "1" });
    assert_eq!(deployed(env.clone(), suite(&again)), "c sink b a");
    // The suite itself needs it, but the service no longer comes after it.
    let asked = json!({ "needs": ["sink", "b"], "env": { "a": both } });
    assert_eq!(deployed(env.clone(), asked), "c sink a b");
    // A suite cannot replace arguments.
    let args = json!({ "env": { "B": "{b.url}" }, "args": ["--b={b.url}"] });
    assert_eq!(deployed(args, suite(&both)), "c sink b a");
    // What no variable names is needed for something else.
    assert_eq!(deployed(json!({}), suite(&json!({ "B": "x" }))), "c sink b a");
}

#[test]
fn what_is_reached_through_a_replaced_need_is_still_deployed() {
    let env = json!({ "env": { "B": "{b.url}", "C": "{c.url}" } });
    let suite = json!({ "env": { "a": { "B": "http://127.0.0.1:1" } } });
    assert_eq!(deployed(env, suite), "c a");
}
