use serde_json::{Value, json};

use crate::workspace::testing::{Fixture, error};

fn package(fixture: Fixture, name: &str, binaries: &[&str]) -> Fixture {
    let targets: Vec<_> = binaries.iter().map(|binary| ("bin", *binary)).collect();
    fixture.package(name, json!({ "onetag": {} }), &targets)
}

#[test]
fn two_binaries_at_one_path_are_refused() {
    let of = |name| package(Fixture::new(), name, &["server"]);
    insta::assert_snapshot!(error(package(of("a"), "b", &["server"])), @r#"
    the packages `a` and `b` both have a binary `server`, and cargo would put both at one path
      crates/a/Cargo.toml: package.metadata.onetag: the service `a`
      crates/b/Cargo.toml: package.metadata.onetag: the service `b`
    hint: give one of the binaries another name: `[[bin]] name = "…"`
    "#);
    // A binary that is no service is built by the same call.
    insta::assert_snapshot!(error(package(of("a"), "b", &["b", "server"])), @r#"
    the packages `a` and `b` both have a binary `server`, and cargo would put both at one path
      crates/a/Cargo.toml: package.metadata.onetag: the service `a`
      crates/b/Cargo.toml: package.metadata.onetag: the service `b`
    hint: give one of the binaries another name: `[[bin]] name = "…"`
    "#);
    // Nothing builds this one.
    assert!(of("a").package("c", Value::Null, &[("bin", "server")]).load().is_ok());
    let tools = |fixture, name: &str| package(fixture, name, &[name, "tool"]);
    assert!(tools(tools(Fixture::new(), "a"), "b").load().is_ok());
}

#[test]
fn services_of_one_package_have_the_same_features() {
    let load = |one: Value, other: Value| {
        let metadata = json!({ "onetag": { "services": { "b": one, "c": other } } });
        let features = json!({ "features": { "loud": [] } });
        Fixture::new().package("a", metadata, &[("bin", "b"), ("bin", "c")]).with(features)
    };
    let loud = json!({ "features": ["loud"] });
    assert!(load(loud.clone(), loud.clone()).load().is_ok());
    insta::assert_snapshot!(error(load(json!({}), loud)), @r"
    services of one package have different features
      crates/a/Cargo.toml: package.metadata.onetag.services.b.features
      crates/a/Cargo.toml: package.metadata.onetag.services.c.features
    hint: cargo builds a package once: give both the same `features` and `default-features`, or move one of them to a package of its own
    ");
    assert!(load(json!({}), json!({ "default-features": false })).load().is_err());
}
