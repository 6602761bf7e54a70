use serde_json::json;

use crate::workspace::testing::{Fixture, error};

#[test]
fn labels_pass() {
    for name in ["a", "a1", "analysis-api", &"x".repeat(63)] {
        assert!(Fixture::new().service(name, json!({})).load().is_ok(), "{name}");
    }
}

#[test]
fn a_service_is_named_like_its_package_or_by_a_key() {
    for (package, table, name) in [
        ("data_storage", json!({}), "data-storage"),
        ("Sink", json!({ "name": "sink" }), "sink"),
        (&"x".repeat(64), json!({ "name": "x" }), "x"),
    ] {
        let workspace = Fixture::new().service(package, table).load().unwrap();
        let service = &workspace.services[name];
        assert_eq!((&*service.name, &*service.program().unwrap().package), (name, package));
    }
}

#[test]
fn other_names_are_refused() {
    for name in ["Sink", "1a", "-a", "a-", "a_", "", "ü", &"x".repeat(64)] {
        assert!(Fixture::new().service(name, json!({})).load().is_err(), "{name}");
    }
    insta::assert_snapshot!(error(Fixture::new().service("Storage", json!({}))), @r#"
    crates/Storage/Cargo.toml: package.metadata.onetag: `Storage` cannot be the name of a service
    hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters
    hint: a service is named like its package, with `_` as `-`; add `name = "…"` for another name
    "#);
    insta::assert_snapshot!(error(Fixture::new().suites(json!({ "Pipe": {} }))), @r"
    Cargo.toml: workspace.metadata.onetag.suites.Pipe: `Pipe` cannot be the name of a suite
    hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters
    ");
    let port = json!({ "ports": { "g_rpc": 1 } });
    insta::assert_snapshot!(error(Fixture::new().service("a", port)), @r"
    crates/a/Cargo.toml: package.metadata.onetag.ports: `g_rpc` cannot be the name of a port
    hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters
    ");
}

#[test]
fn two_services_have_two_names() {
    let fixture = Fixture::new().service("a-b", json!({})).service("a_b", json!({}));
    insta::assert_snapshot!(error(fixture), @r"
    two services are named `a-b`
      crates/a-b/Cargo.toml: package.metadata.onetag
      crates/a_b/Cargo.toml: package.metadata.onetag
    hint: give one of them another name by the key `name`
    ");
}

#[test]
fn words_of_placeholders_are_reserved() {
    insta::assert_snapshot!(error(Fixture::new().service("database", json!({}))), @r"
    crates/database/Cargo.toml: package.metadata.onetag: no service can be named `database`, since placeholders use that word
    hint: give the service another name by the key `name`
    ");
    for name in ["self", "host"] {
        assert!(Fixture::new().service(name, json!({})).load().is_err(), "{name}");
    }
}

#[test]
fn a_suite_leaves_room_for_the_run_id() {
    let service = |length| Fixture::new().service(&"x".repeat(length), json!({ "suite": {} }));
    assert!(service(30).load().is_ok());
    insta::assert_snapshot!(error(service(31)), @r"
    crates/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/Cargo.toml: package.metadata.onetag.suite: the suite's name `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` has 31 characters, more than 30
    hint: with a run id added it has to fit into the 63 characters of a DNS label
    ");
}
