//! Needs that cannot be met, and needs that nobody uses.

use serde_json::json;

use crate::workspace::testing::{Fixture, error};

#[test]
fn unknown_needs_are_refused() {
    let fixture = || Fixture::new().service("records", json!({}));
    insta::assert_snapshot!(error(fixture().service("sink", json!({ "needs": ["recrds"] }))), @r"
    crates/sink/Cargo.toml: package.metadata.onetag.needs: no service named `recrds`
    hint: did you mean `records`? services: records, sink
    ");
    let suites = json!({ "pipeline": { "needs": ["frontend"] } });
    insta::assert_snapshot!(error(fixture().suites(suites)), @r"
    Cargo.toml: workspace.metadata.onetag.suites.pipeline.needs: no service named `frontend`
    hint: services: records
    ");
    let twice = json!({ "needs": ["records", "records"] });
    insta::assert_snapshot!(error(fixture().service("a", twice)), @"crates/a/Cargo.toml: package.metadata.onetag.needs: `records` is listed twice");
}

#[test]
fn circles_are_shown_with_their_files() {
    let needs = |need: &str| json!({ "needs": [need] });
    let fixture = Fixture::new()
        .service("entry", needs("c"))
        .service("a", needs("b"))
        .service("b", needs("c"))
        .service("c", needs("a"));
    insta::assert_snapshot!(error(fixture), @r"
    services need each other in a circle: a -> b -> c -> a
      crates/a/Cargo.toml: package.metadata.onetag.needs names `b`
      crates/b/Cargo.toml: package.metadata.onetag.needs names `c`
      crates/c/Cargo.toml: package.metadata.onetag.needs names `a`
    hint: remove one of these
    ");
    insta::assert_snapshot!(error(Fixture::new().service("a", needs("a"))), @r"
    services need each other in a circle: a -> a
      crates/a/Cargo.toml: package.metadata.onetag.needs names `a`
    hint: remove one of these
    ");
}

#[test]
fn a_need_that_no_placeholder_names_is_a_warning() {
    let fixture = Fixture::new()
        .service(
            "a",
            json!({ "needs": ["b", "c", "d"], "env": { "B": "{b.url}" }, "args": ["{c.host}"] }),
        )
        .service("b", json!({}))
        .service("c", json!({}))
        .service("d", json!({}));
    let warnings = fixture.load().unwrap().warnings();
    insta::assert_snapshot!(warnings.join("\n"), @"crates/a/Cargo.toml: package.metadata.onetag.needs: no placeholder in `env` or `args` names `d`");
}
