//! Names and values of variables and arguments.

use serde_json::{Value, json};

use crate::workspace::testing::{Fixture, error};

/// Three services in a row and one apart.
fn fixture(env_of_top: Value) -> Fixture {
    Fixture::new()
        .service("base", json!({}))
        .service("middle", json!({ "needs": ["base"] }))
        .service("top", json!({ "needs": ["middle"], "env": env_of_top }))
        .service("apart", json!({}))
}

fn with_suite(env: Value) -> Fixture {
    fixture(json!({})).suites(json!({ "s": { "needs": ["top"], "env": env } }))
}

#[test]
fn what_a_service_needs_in_turn_is_in_scope() {
    let env = json!({ "A": "{self.listen}{self.port}{self.url}{self.image}", "B": "{base.host}" });
    assert!(fixture(env).load().is_ok());
    let own = json!({
        "database": ["sqlite"], "volume": "/data",
        "env": { "A": "{database.url}", "B": "{self.volume}" },
    });
    assert!(Fixture::new().service("a", own).load().is_ok());
    assert!(with_suite(json!({ "base": { "A": "{top.url}" } })).load().is_err());
    assert!(with_suite(json!({ "top": { "A": "{base.url}" } })).load().is_ok());
}

#[test]
fn suites_reach_what_they_deploy() {
    insta::assert_snapshot!(error(with_suite(json!({ "top": { "X": "{apart.url}" } }))), @r#"
    Cargo.toml: workspace.metadata.onetag.suites.s.env.top.X: `{apart.url}` has no source: the suite `s` does not need `apart`
    hint: add "apart" to workspace.metadata.onetag.suites.s.needs in Cargo.toml
    "#);
    insta::assert_snapshot!(error(with_suite(json!({ "apart": {} }))), @r#"
    Cargo.toml: workspace.metadata.onetag.suites.s.env.apart: the suite `s` has no service `apart`
    hint: add "apart" to workspace.metadata.onetag.suites.s.needs
    "#);
    insta::assert_snapshot!(error(with_suite(json!({ "tp": {} }))), @r"
    Cargo.toml: workspace.metadata.onetag.suites.s.env.tp: the suite `s` has no service `tp`
    hint: did you mean `top`? services of this suite: base, middle, top
    ");
}

#[test]
fn variables_have_names_that_every_backend_takes() {
    for name in ["a", "_A1", "aB_"] {
        assert!(fixture(json!({ name: "" })).load().is_ok(), "{name}");
    }
    for name in ["", "1A", "A-B", "A B", "A=B", "Ü"] {
        assert!(fixture(json!({ name: "" })).load().is_err(), "{name}");
    }
    insta::assert_snapshot!(error(fixture(json!({ "A-B": "" }))), @r"
    crates/top/Cargo.toml: package.metadata.onetag.env.A-B: `A-B` cannot be the name of a variable
    hint: names consist of letters, digits and `_`, and do not start with a digit
    ");
    insta::assert_snapshot!(error(fixture(json!({ "ONETAG_IMAGE": "x" }))), @"crates/top/Cargo.toml: package.metadata.onetag.env.ONETAG_IMAGE: variables that start with `ONETAG_` are set by the harness alone");
    insta::assert_snapshot!(error(fixture(json!({ "A": "x\0" }))), @"crates/top/Cargo.toml: package.metadata.onetag.env.A: the value has a NUL character");
    insta::assert_snapshot!(error(with_suite(json!({ "top": { "1": "" } }))), @r"
    Cargo.toml: workspace.metadata.onetag.suites.s.env.top.1: `1` cannot be the name of a variable
    hint: names consist of letters, digits and `_`, and do not start with a digit
    ");
}

#[test]
fn arguments_are_checked_as_variables_are() {
    let args = |value: &str| {
        let top = json!({ "needs": ["middle"], "args": ["--x", value] });
        Fixture::new()
            .service("base", json!({}))
            .service("middle", json!({ "needs": ["base"] }))
            .service("top", top)
    };
    assert!(args("--listen={self.listen} {base.port}").load().is_ok());
    insta::assert_snapshot!(error(args("{self.volume}")), @r#"
    crates/top/Cargo.toml: package.metadata.onetag.args[1]: `{self.volume}` has no source: the service `top` has no volume
    hint: add `volume = "/data"` to [package.metadata.onetag] in crates/top/Cargo.toml
    "#);
    insta::assert_snapshot!(error(args("a\0")), @"crates/top/Cargo.toml: package.metadata.onetag.args[1]: the value has a NUL character");
    insta::assert_snapshot!(error(args("--token={host.TOKEN}")), @r"
    crates/top/Cargo.toml: package.metadata.onetag.args[1]: `{host.TOKEN}` is a secret, and everybody on the machine can read arguments
    hint: give it to the service in a variable of `env`
    ");
    assert!(fixture(json!({ "TOKEN": "{host.TOKEN}" })).load().is_ok());
    assert!(with_suite(json!({ "top": { "TOKEN": "{host.TOKEN}" } })).load().is_ok());
}
