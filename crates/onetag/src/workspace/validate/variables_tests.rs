use serde_json::json;

use crate::workspace::testing::{Fixture, error};

#[test]
fn two_names_of_one_variable_are_refused() {
    let orders = || Fixture::new().service("orders", json!({ "ports": { "grpc": 9090 } }));
    insta::assert_snapshot!(error(orders().service("orders-grpc", json!({}))), @r"
    two names give the variable ONETAG_ORDERS_GRPC_URL
      crates/orders/Cargo.toml: package.metadata.onetag.ports.grpc
      crates/orders-grpc/Cargo.toml: package.metadata.onetag
    hint: rename one of them; a service by the key `name`
    ");
    let internal = json!({ "ports": { "internal": 9090 } });
    insta::assert_snapshot!(error(Fixture::new().service("orders", internal)), @r"
    two names give the variable ONETAG_ORDERS_INTERNAL_URL
      crates/orders/Cargo.toml: package.metadata.onetag
      crates/orders/Cargo.toml: package.metadata.onetag.ports.internal
    hint: rename one of them; a service by the key `name`
    ");
    // Without a port there is no address.
    let metadata = json!({ "onetag": {} });
    let worker = orders().package("orders-grpc", metadata, &[("bin", "worker")]);
    assert!(worker.load().is_ok());
}
