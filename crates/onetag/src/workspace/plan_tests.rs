use serde_json::{Value, json};

use super::*;
use crate::error::describe;
use crate::workspace::testing::Fixture;

fn fixture() -> Fixture {
    Fixture::new()
        .service("records", json!({}))
        .service("frontend", json!({ "needs": ["orchestrator", "records"] }))
        .service(
            "messenger",
            json!({
                "needs": ["records"],
                "env": { "KEEP": "1", "RETRY": "30s", "DS": "{records.url}" },
                "suite": {
                    "needs": ["sink"],
                    "env": { "messenger": { "RETRY": "50ms", "SLACK": "{sink.url}/hook" } },
                },
            }),
        )
        .service("orchestrator", json!({ "needs": ["messenger"] }))
        .service("sink", json!({}))
        .e2e(&["messenger", "pipeline", "frontend"])
}

fn levels(plan: &Plan) -> Vec<Vec<&str>> {
    plan.levels
        .iter()
        .map(|level| level.iter().map(|planned| planned.service.name.as_str()).collect())
        .collect()
}

#[test]
fn what_a_suite_names_comes_before_who_is_told() {
    let workspace = fixture().load().unwrap();
    let plan = workspace.plan(workspace.suite("messenger").unwrap()).unwrap();
    assert_eq!(plan.suite, "messenger");
    assert_eq!(levels(&plan), [vec!["records", "sink"], vec!["messenger"]]);
}

#[test]
fn needs_are_transitive_also_for_a_suite_without_a_service() {
    let pipeline = json!({ "pipeline": { "needs": ["frontend", "sink"] } });
    let workspace = fixture().suites(pipeline).load().unwrap();
    let plan = workspace.plan(workspace.suite("pipeline").unwrap()).unwrap();
    let expected =
        [vec!["records", "sink"], vec!["messenger"], vec!["orchestrator"], vec!["frontend"]];
    assert_eq!(levels(&plan), expected);
    assert!(plan.service("frontend").is_some());
    assert!(plan.service("pipeline").is_none());
}

#[test]
fn variables_of_the_suite_win() {
    let workspace = fixture().load().unwrap();
    let plan = workspace.plan(workspace.suite("messenger").unwrap()).unwrap();
    let env: Vec<String> = plan
        .service("messenger")
        .unwrap()
        .env
        .iter()
        .map(|(name, template)| format!("{name}={template}"))
        .collect();
    assert_eq!(env, ["DS={records.url}", "KEEP=1", "RETRY=50ms", "SLACK={sink.url}/hook"]);
    assert!(plan.service("sink").unwrap().env.is_empty());
}

#[test]
fn a_suite_without_its_test_binaries_has_no_plan() {
    let error = |fixture: Fixture, suite: Value| {
        let workspace = fixture.suites(json!({ "s": suite })).load().unwrap();
        let error = workspace.plan(workspace.suite("s").unwrap()).unwrap_err();
        (Kind::of(&error), describe(&error))
    };
    let (kind, text) = error(fixture(), json!({ "tests": ["e2e::mesenger"] }));
    assert_eq!(kind, Kind::NoTests);
    insta::assert_snapshot!(text, @r"
    the suite `s` names a test binary that does not exist: no integration test has the binary id `e2e::mesenger`
      Cargo.toml: workspace.metadata.onetag.suites.s.tests
    hint: did you mean `e2e::messenger`? integration tests: e2e::frontend, e2e::messenger, e2e::pipeline
    ");
    let some = json!({ "tests": ["e2e::messenger", "e2e::pipelin"] });
    let (kind, text) = error(fixture(), some);
    assert_eq!(kind, Kind::Metadata);
    insta::assert_snapshot!(text, @r"
    the suite `s` names a test binary that does not exist: no integration test has the binary id `e2e::pipelin`
      Cargo.toml: workspace.metadata.onetag.suites.s.tests
    hint: did you mean `e2e::pipeline`? integration tests: e2e::frontend, e2e::messenger, e2e::pipeline
    ");
    insta::assert_snapshot!(error(fixture(), json!({})).1, @r"
    the suite `s` names a test binary that does not exist: no integration test has the binary id `e2e::s`
      Cargo.toml: workspace.metadata.onetag.suites.s.tests
    hint: integration tests: e2e::frontend, e2e::messenger, e2e::pipeline
    ");
    insta::assert_snapshot!(error(Fixture::new(), json!({})).1, @r"
    the suite `s` names a test binary that does not exist: no integration test has the binary id `e2e::s`
      Cargo.toml: workspace.metadata.onetag.suites.s.tests
    hint: integration tests: none
    ");
}

#[test]
fn external_services_take_part_in_the_order() {
    let externals = json!({
        "redis": { "program": "redis-server", "port": 1, "ready": "tcp", "url": "redis://{self.host}" },
        "proxy": { "program": "p", "port": 1, "ready": "tcp", "needs": ["redis"],
                   "config": { "p.conf": "{redis.url}" } },
        "unused": { "program": "x" },
    });
    let cart =
        json!({ "needs": ["proxy"], "env": { "PROXY": "{proxy.url}", "DIRECT": "{redis.url}" } });
    let suites = json!({
        "one": { "needs": ["cart"], "tests": ["e2e::one"] },
        "two": { "needs": ["cart"], "tests": ["e2e::one"], "env": { "cart": { "PROXY": "", "DIRECT": "" } } },
    });
    let workspace = Fixture::new()
        .service("cart", cart)
        .e2e(&["one"])
        .workspace(json!({ "externals": externals, "suites": suites }))
        .load()
        .unwrap();
    let plan = |suite: &str| workspace.plan(workspace.suite(suite).unwrap()).unwrap();
    let one = plan("one");
    assert_eq!(levels(&one), [vec!["redis"], vec!["proxy"], vec!["cart"]]);
    let urls = |name: &str| one.service(name).unwrap().urls.keys().cloned().collect::<Vec<_>>();
    assert_eq!(urls("redis"), ["redis"]);
    assert_eq!(urls("proxy"), ["redis"]);
    assert_eq!(urls("cart"), ["redis"]);
    assert_eq!(levels(&plan("two")), [vec!["cart"]]);
}
