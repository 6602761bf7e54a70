//! Services and suites out of tables.

use serde_json::{Value, json};

use crate::error::describe;
use crate::workspace::testing::{Fixture, error};
use crate::workspace::{Ready, Workspace};

#[test]
fn a_package_without_the_table_is_no_service() {
    let workspace = Fixture::new().e2e(&["a"]).load().unwrap();
    assert!(workspace.services.is_empty());
    let ids: Vec<&str> = workspace.test_targets.iter().map(|test| &*test.binary_id).collect();
    assert_eq!(ids, ["e2e::a"]);
}

#[test]
fn keys_arrive() {
    let table = json!({
        "port": 1, "ready": "/r", "database": ["postgres"], "volume": "/data",
        "ports": { "grpc": 9090 }, "args": ["--listen", "{self.listen}"], "files": ["assets"],
        "features": ["metrics"], "default-features": false,
        "env": { "A": "{self.listen}", "N": -3, "B": true },
    });
    let fixture = Fixture::new().service("a", table);
    let workspace = fixture.with(json!({ "features": { "metrics": [] } })).load().unwrap();
    let service = &workspace.services["a"];
    assert_eq!((service.port, &service.ready), (Some(1), &Ready::Http("/r".to_owned())));
    assert_eq!(service.ports["grpc"], 9090);
    assert_eq!(service.volume.as_deref(), Some("/data".into()));
    let program = service.program().unwrap();
    assert_eq!(program.files, ["assets"]);
    assert!(program.features.contains("metrics") && !program.default_features);
    let args: Vec<String> = service.args.iter().map(ToString::to_string).collect();
    assert_eq!(args, ["--listen", "{self.listen}"]);
    let env = ["A", "N", "B"].map(|variable| service.env[variable].to_string());
    assert_eq!(env, ["{self.listen}", "-3", "true"]);
    assert_eq!(service.manifest_path, "/ws/crates/a/Cargo.toml");
}

/// A package `a` with this table alone.
fn load(table: Value) -> Result<Workspace, String> {
    let fixture = Fixture::new().package("a", json!({ "onetag": table }), &[("bin", "a")]);
    fixture.load().map_err(|error| describe(&error))
}

#[test]
fn ready_is_a_path_or_a_word() {
    let ready = |table: Value| load(table).map(|workspace| workspace.services["a"].ready.clone());
    assert_eq!(ready(json!({})), Ok(Ready::Started));
    assert_eq!(ready(json!({ "ready": "started" })), Ok(Ready::Started));
    assert_eq!(ready(json!({ "port": 1, "ready": "started" })), Ok(Ready::Started));
    assert_eq!(ready(json!({ "port": 1, "ready": "tcp" })), Ok(Ready::Tcp));
    let error = |table: Value| ready(table).unwrap_err();
    insta::assert_snapshot!(error(json!({ "port": 1 })), @r#"
    crates/a/Cargo.toml: missing key `package.metadata.onetag.ready`
    hint: a path that answers 2xx once the service can work, for example `ready = "/health/ready"`; or `"tcp"`; or `"started"`
    "#);
    insta::assert_snapshot!(error(json!({ "ready": "tcp" })), @r#"
    crates/a/Cargo.toml: package.metadata.onetag.ready: a service without a port cannot be asked
    hint: add `port = 8080`, or write `ready = "started"`
    "#);
    insta::assert_snapshot!(error(json!({ "port": 1, "ready": "health" })), @r#"
    crates/a/Cargo.toml: package.metadata.onetag.ready: `health` is neither a path nor `tcp` nor `started`
    hint: a path that answers 2xx once the service can work, for example `ready = "/health/ready"`; or `"tcp"`; or `"started"`
    "#);
    insta::assert_snapshot!(error(json!({ "port": 1, "ready": "/health ready" })), @r"
    crates/a/Cargo.toml: package.metadata.onetag.ready: `/health ready` is no path of a URL
    hint: it has no space, and ASCII characters only
    ");
    for path in ["", "/ü", "/a\r\nb"] {
        assert!(ready(json!({ "port": 1, "ready": path })).is_err(), "{path:?}");
    }
}

#[test]
fn a_package_has_one_service_or_several() {
    let table = json!({ "port": 1, "ready": "/" });
    let workspace = load(json!({ "services": { "b": table, "c": table } })).unwrap();
    let names: Vec<&String> = workspace.services.keys().collect();
    assert_eq!(names, ["b", "c"]);
    assert!(workspace.services.values().all(|service| service.program().unwrap().package == "a"));

    let error = |table: Value| load(table).unwrap_err();
    insta::assert_snapshot!(error(json!({ "port": 1, "services": { "b": table } })), @r"
    crates/a/Cargo.toml: package.metadata.onetag.port: a package has one service in this table, or several in `services`
    hint: move this key into one of the tables [package.metadata.onetag.services.<name>]
    ");
    insta::assert_snapshot!(error(json!({ "services": { "b": { "name": "x" } } })), @"crates/a/Cargo.toml: package.metadata.onetag.services.b.name: the name of the table is the service's name");
    insta::assert_snapshot!(error(json!({ "services": { "b": { "services": { "c": {} } } } })), @"crates/a/Cargo.toml: package.metadata.onetag.services.b.services: a service has no services");
}

#[test]
fn suites_of_the_root_manifest_take_no_service_name() {
    let fixture = Fixture::new().service("a", json!({}));
    insta::assert_snapshot!(error(fixture.suites(json!({ "a": {} }))), @r"
    Cargo.toml: workspace.metadata.onetag.suites.a: `a` is a service, and only its own suite can have its name
    hint: rename this suite, or write it as [package.metadata.onetag.suite] in crates/a/Cargo.toml
    ");
}

#[test]
fn templates_are_read_at_once() {
    let suite = json!({ "suite": { "env": { "a": { "X": "{self.prot}" } } } });
    insta::assert_snapshot!(error(Fixture::new().service("a", suite)), @r"
    crates/a/Cargo.toml: package.metadata.onetag.suite.env.a.X: `{self.prot}` is no placeholder
    hint: did you mean `{self.port}`?
    ");
    let args = json!({ "args": ["--x", "{"] });
    insta::assert_snapshot!(error(Fixture::new().service("a", args)), @r"
    crates/a/Cargo.toml: package.metadata.onetag.args[1]: `{` without its partner
    hint: close it with `}`, or write `{{` for a brace
    ");
}

#[test]
fn another_package_may_hold_the_suites() {
    let workspace = Fixture::new()
        .service("a", json!({ "suite": {} }))
        .service("b", json!({ "suite": { "tests": ["b::api", "acceptance::b"] } }))
        .package("acceptance", Value::Null, &[("test", "a"), ("test", "b")])
        .workspace(json!({ "tests": "acceptance" }))
        .load()
        .unwrap();
    assert_eq!(workspace.suites["a"].tests[0].binary_id, "acceptance::a");
    let suite = &workspace.suites["b"];
    assert_eq!(suite.filterset(), "binary_id(=b::api) | binary_id(=acceptance::b)");
    assert_eq!(suite.tests.len(), 1);
}
