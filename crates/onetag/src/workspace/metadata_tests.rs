//! Keys and the types of their values.

use serde_json::{Value, json};

use crate::workspace::testing::{Fixture, error};

fn service(table: Value) -> String {
    error(Fixture::new().service("a", table))
}

#[test]
fn misspelt_keys_are_named_with_their_path() {
    insta::assert_snapshot!(service(json!({ "neds": [] })), @"
    crates/a/Cargo.toml: unknown key `package.metadata.onetag.neds`
    hint: did you mean `needs`? allowed here: name, bin, containerfile, needs, port, ports, ready, args, database, volume, files, features, default-features, memory, replicas, manifests, env, suite, services
    ");
    insta::assert_snapshot!(service(json!({ "suite": { "filtre": "all()" } })), @r"
    crates/a/Cargo.toml: unknown key `package.metadata.onetag.suite.filtre`
    hint: did you mean `filter`? allowed here: tests, filter, needs, env
    ");
    insta::assert_snapshot!(service(json!({ "services": { "b": { "prot": 1 } } })), @"
    crates/a/Cargo.toml: unknown key `package.metadata.onetag.services.b.prot`
    hint: did you mean `port`? allowed here: name, bin, containerfile, needs, port, ports, ready, args, database, volume, files, features, default-features, memory, replicas, manifests, env, suite, services
    ");
    let suites = json!({ "suites": { "pipeline": { "colour": 1 } } });
    insta::assert_snapshot!(error(Fixture::new().workspace(suites)), @r"
    Cargo.toml: unknown key `workspace.metadata.onetag.suites.pipeline.colour`
    hint: allowed here: tests, filter, needs, env
    ");
    insta::assert_snapshot!(error(Fixture::new().workspace(json!({ "suite": {} }))), @"
    Cargo.toml: unknown key `workspace.metadata.onetag.suite`
    hint: did you mean `suites`? allowed here: tests, suites, externals, postgres-image, kube, registry, allow-images
    ");
    insta::assert_snapshot!(service(json!({ "`, expected `": 1 })), @"
    crates/a/Cargo.toml: unknown key `package.metadata.onetag.`, expected ``
    hint: allowed here: name, bin, containerfile, needs, port, ports, ready, args, database, volume, files, features, default-features, memory, replicas, manifests, env, suite, services
    ");
}

#[test]
fn renamed_keys_are_told_their_new_name() {
    insta::assert_snapshot!(service(json!({ "store": ["sqlite"] })), @r"
    crates/a/Cargo.toml: unknown key `package.metadata.onetag.store`
    hint: it is called `database` now
    ");
    insta::assert_snapshot!(service(json!({ "env": { "A": "{store.url}" } })), @r"
    crates/a/Cargo.toml: package.metadata.onetag.env.A: `{store.url}` has no source: no service named `store`
    hint: `{store.url}` is called `{database.url}` now
    ");
}

#[test]
fn values_have_types_and_ranges() {
    insta::assert_snapshot!(service(json!({ "port": 65536 })), @"crates/a/Cargo.toml: package.metadata.onetag.port: invalid value: integer `65536`, expected a nonzero u16");
    insta::assert_snapshot!(service(json!({ "port": 0 })), @"crates/a/Cargo.toml: package.metadata.onetag.port: invalid value: integer `0`, expected a nonzero u16");
    insta::assert_snapshot!(service(json!({ "port": "8080" })), @r#"crates/a/Cargo.toml: package.metadata.onetag.port: invalid type: string "8080", expected a nonzero u16"#);
    insta::assert_snapshot!(service(json!({ "ports": { "grpc": -1 } })), @"crates/a/Cargo.toml: package.metadata.onetag.ports.grpc: invalid value: integer `-1`, expected a nonzero u16");
    insta::assert_snapshot!(service(json!({ "env": { "RATE": 1.5 } })), @"crates/a/Cargo.toml: package.metadata.onetag.env.RATE: expected a string, an integer or a boolean");
    insta::assert_snapshot!(service(json!({ "database": ["sqlite", "postgre"] })), @r"
    crates/a/Cargo.toml: package.metadata.onetag.database[1]: unknown value `postgre`
    hint: did you mean `postgres`? allowed here: sqlite, postgres
    ");
    insta::assert_snapshot!(service(json!({ "suite": true })), @"crates/a/Cargo.toml: package.metadata.onetag.suite: invalid type: boolean `true`, expected a table");
}
