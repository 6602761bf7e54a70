//! Placeholders without a source.

use serde_json::{Value, json};

use crate::workspace::testing::{Fixture, error};

/// A service `top` with this value of a variable.
fn of_top(value: &str) -> Fixture {
    let ports = json!({ "grpc": 9090 });
    let top = json!({
        "needs": ["middle", "worker"], "env": { "X": value }, "ports": { "admin": 9091 },
    });
    Fixture::new()
        .service("base", json!({}))
        .service("middle", json!({ "needs": ["base"], "ports": ports }))
        .package("worker", json!({ "onetag": {} }), &[("bin", "worker")])
        .service("top", top)
        .service("apart", json!({}))
}

#[test]
fn other_services_are_needed() {
    insta::assert_snapshot!(error(of_top("{apart.url}")), @r#"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{apart.url}` has no source: `top` does not need `apart`
    hint: add "apart" to package.metadata.onetag.needs in crates/top/Cargo.toml
    "#);
    insta::assert_snapshot!(error(of_top("{midle.url}")), @r"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{midle.url}` has no source: no service named `midle`
    hint: did you mean `middle`? known are: apart, base, middle, top, worker, self, database, host
    ");
    insta::assert_snapshot!(error(of_top("{databse.url}")), @r"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{databse.url}` has no source: no service named `databse`
    hint: did you mean `database`? known are: apart, base, middle, top, worker, self, database, host
    ");
    insta::assert_snapshot!(error(of_top("{top.url}")), @r"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{top.url}` names the service itself
    hint: write `self` instead of its name
    ");
}

#[test]
fn services_have_what_is_named() {
    insta::assert_snapshot!(error(of_top("{database.url}")), @r#"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{database.url}` has no source: the service `top` has no database
    hint: add `database = ["sqlite"]` to [package.metadata.onetag] in crates/top/Cargo.toml
    "#);
    insta::assert_snapshot!(error(of_top("{self.volume}")), @r#"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{self.volume}` has no source: the service `top` has no volume
    hint: add `volume = "/data"` to [package.metadata.onetag] in crates/top/Cargo.toml
    "#);
}

#[test]
fn ports_are_there() {
    for value in ["{self.admin.listen}", "{self.admin.url}", "{middle.grpc.host}", "{self.host}"] {
        assert!(of_top(value).load().is_ok(), "{value}");
    }
    insta::assert_snapshot!(error(of_top("{self.grpc.listen}")), @r"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{self.grpc.listen}` has no source: the service `top` has no port named `grpc`
    hint: add `ports.grpc = 9090` to [package.metadata.onetag] in crates/top/Cargo.toml
    ");
    insta::assert_snapshot!(error(of_top("{middle.gprc.url}")), @r"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{middle.gprc.url}` has no source: the service `middle` has no port named `gprc`
    hint: add `ports.gprc = 9090` to [package.metadata.onetag] in crates/middle/Cargo.toml
    hint: or did you mean the port `grpc`?
    ");
    for field in ["url", "host", "port"] {
        assert!(of_top(&format!("{{worker.{field}}}")).load().is_err(), "{field}");
    }
    insta::assert_snapshot!(error(of_top("{worker.url}")), @r"
    crates/top/Cargo.toml: package.metadata.onetag.env.X: `{worker.url}` has no source: the service `worker` has no port
    hint: add `port = 8080` to [package.metadata.onetag] in crates/worker/Cargo.toml
    ");
    let own = |field: &str| {
        let table = json!({ "env": { "X": format!("{{self.{field}}}") } });
        let metadata: Value = json!({ "onetag": table });
        Fixture::new().package("a", metadata, &[("bin", "a")])
    };
    for field in ["listen", "host", "port", "url"] {
        assert!(own(field).load().is_err(), "{field}");
    }
    insta::assert_snapshot!(error(own("listen")), @r"
    crates/a/Cargo.toml: package.metadata.onetag.env.X: `{self.listen}` has no source: the service `a` has no port
    hint: add `port = 8080` to [package.metadata.onetag] in crates/a/Cargo.toml
    ");
}
