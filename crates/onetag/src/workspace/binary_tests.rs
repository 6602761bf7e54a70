//! Programs of packages with one and with several of them.

use serde_json::{Value, json};

use crate::error::describe;
use crate::workspace::testing::Fixture;

fn binary(table: Value, package: Value, binaries: &[&str]) -> String {
    let mut onetag = json!({ "port": 1, "ready": "/" });
    let Value::Object(table) = table else { panic!("{table} is no table") };
    onetag.as_object_mut().unwrap().extend(table);
    let binaries: Vec<_> = binaries.iter().map(|name| ("bin", *name)).collect();
    let fixture = Fixture::new().package("a", json!({ "onetag": onetag }), &binaries);
    match fixture.with(package).load() {
        Ok(workspace) => workspace.services["a"].program().unwrap().binary.clone(),
        Err(error) => describe(&error),
    }
}

#[test]
fn the_binary_is_the_only_one_the_default_or_the_namesake() {
    let plain = |binaries: &[&str]| binary(json!({}), json!({}), binaries);
    assert_eq!(plain(&["server"]), "server");
    assert_eq!(plain(&["admin", "a"]), "a");
    let default = json!({ "default_run": "admin" });
    assert_eq!(binary(json!({}), default.clone(), &["admin", "a"]), "admin");
    assert_eq!(binary(json!({ "bin": "x" }), default, &["admin", "a", "x"]), "x");
    insta::assert_snapshot!(plain(&[]), @r"
    crates/a/Cargo.toml: package.metadata.onetag: the package `a` has no binary, but a service is a program
    hint: add src/main.rs, or remove the table
    ");
    insta::assert_snapshot!(plain(&["x", "y"]), @r#"
    crates/a/Cargo.toml: package.metadata.onetag: the package `a` has several binaries
    hint: add `bin = "…"` with one of these: x, y
    "#);
    insta::assert_snapshot!(binary(json!({ "bin": "z" }), json!({}), &["x", "y"]), @r"
    crates/a/Cargo.toml: package.metadata.onetag.bin: the package `a` has no binary `z`
    hint: binaries: x, y
    ");
}

#[test]
fn services_of_one_package_have_the_binaries_of_their_names() {
    let table = json!({ "port": 1, "ready": "tcp" });
    let services = json!({ "b": table, "c": table, "d": { "bin": "b", "args": ["--d"] } });
    let metadata = json!({ "onetag": { "services": services } });
    let package = json!({ "default_run": "a" });
    let targets = [("bin", "a"), ("bin", "b")];
    let workspace = Fixture::new().package("a", metadata, &targets).with(package).load().unwrap();
    let binaries: Vec<(&str, &str)> = workspace
        .services
        .values()
        .map(|service| (service.name.as_str(), service.program().unwrap().binary.as_str()))
        .collect();
    assert_eq!(binaries, [("b", "b"), ("c", "a"), ("d", "b")]);
}

#[test]
fn a_binary_behind_features_needs_them() {
    let required = |table: Value| {
        let features = json!({ "default": ["http"], "http": [], "server": ["tls"], "tls": [] });
        let package = json!({ "features": features, "required": ["tls", "http"] });
        binary(table, package, &["a"])
    };
    assert_eq!(required(json!({ "features": ["server"] })), "a");
    assert_eq!(required(json!({ "features": ["tls", "http"], "default-features": false })), "a");
    insta::assert_snapshot!(required(json!({})), @r#"
    crates/a/Cargo.toml: package.metadata.onetag: the binary `a` requires features that are not on: "tls"
    hint: add `features = ["tls"]` to [package.metadata.onetag] in crates/a/Cargo.toml
    "#);
    insta::assert_snapshot!(
        required(json!({ "features": ["server"], "default-features": false })),
        @r#"
        crates/a/Cargo.toml: package.metadata.onetag: the binary `a` requires features that are not on: "http"
        hint: add `features = ["server", "http"]` to [package.metadata.onetag] in crates/a/Cargo.toml
        "#
    );
    insta::assert_snapshot!(required(json!({ "features": ["sever"] })), @r"
    crates/a/Cargo.toml: package.metadata.onetag.features: the package `a` has no feature `sever`
    hint: did you mean `server`? features: default, http, server, tls
    ");
}
