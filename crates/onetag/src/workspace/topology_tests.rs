//! Suites by name.

use serde_json::json;

use super::*;
use crate::error::describe;
use crate::workspace::testing::Fixture;

fn workspace() -> Workspace {
    Fixture::new()
        .service("records", json!({ "suite": {}, "database": ["sqlite", "postgres"] }))
        .service("messenger", json!({ "suite": { "filter": "not test(slow)" } }))
        .service("sink", json!({}))
        .e2e(&["records", "messenger"])
        .load()
        .unwrap()
}

#[test]
fn a_suite_table_makes_a_suite() {
    let workspace = workspace();
    assert_eq!(workspace.suites.keys().collect::<Vec<_>>(), ["messenger", "records"]);
    let suite = workspace.suite("records").unwrap();
    assert_eq!(suite.service.as_deref(), Some("records"));
    assert_eq!(suite.filterset(), "binary_id(=e2e::records)");
    assert_eq!(suite.tests.len(), 1);
    assert_eq!(suite.tests[0].binary_id, "e2e::records");
    assert_eq!((&*suite.tests[0].package, &*suite.tests[0].target), ("e2e", "records"));
    let suite = workspace.suite("messenger").unwrap();
    assert_eq!(suite.filterset(), "(binary_id(=e2e::messenger)) & (not test(slow))");
}

#[test]
fn unknown_suites_are_usage_errors() {
    let unknown = |name| describe(&workspace().suite(name).unwrap_err());
    assert_eq!(Kind::of(&workspace().suite("x").unwrap_err()), Kind::Usage);
    insta::assert_snapshot!(unknown("mesenger"), @r"
    no suite named `mesenger`
    hint: did you mean `messenger`? suites: messenger, records
    ");
    insta::assert_snapshot!(unknown("pipeline"), @r"
    no suite named `pipeline`
    hint: suites: messenger, records
    ");
    insta::assert_snapshot!(unknown("sink"), @r"
    `sink` is a service, but has no suite
    hint: add [package.metadata.onetag.suite] to crates/sink/Cargo.toml; suites: messenger, records
    ");
    let none = Fixture::new().load().unwrap();
    insta::assert_snapshot!(describe(&none.suite("sink").unwrap_err()), @r"
    no suite named `sink`: this workspace has no suite
    hint: a package becomes a service by [package.metadata.onetag] in its Cargo.toml, and gets a suite by [package.metadata.onetag.suite]
    ");
}

#[test]
fn a_table_of_nearly_the_right_name_is_told_and_asked_for() {
    let misspelt = json!({ "one-tag": { "suite": {} }, "release": {}, "ntag2": {} });
    let fixture = || {
        let fixture = Fixture::new().service("records", json!({ "suite": {} }));
        fixture.package("sink", misspelt.clone(), &[("bin", "sink")]).e2e(&["records"])
    };
    let workspace = fixture().load().unwrap();
    insta::assert_snapshot!(workspace.warnings().join("\n"), @"crates/sink/Cargo.toml: package.metadata.one-tag: nobody reads it; did you mean `onetag`?");
    insta::assert_snapshot!(describe(&workspace.suite("sink").unwrap_err()), @r"
    no suite named `sink`
    hint: crates/sink/Cargo.toml: package.metadata.one-tag: nobody reads it; did you mean `onetag`?
    ");
}
