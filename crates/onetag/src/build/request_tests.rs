use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::workspace::ServiceKind;
use crate::workspace::testing::Fixture;

/// Services `alpha`, which has a default feature, and `beta`, which does without.
fn workspace() -> Workspace {
    let fixture = Fixture::new().service("alpha", json!({})).service("beta", json!({}));
    let mut workspace = fixture.load().unwrap();
    let beta = workspace.services.get_mut("beta").unwrap();
    let ServiceKind::Own(program) = &mut beta.kind else { panic!("{beta:?}") };
    program.features = BTreeSet::from(["metrics".to_owned()]);
    program.default_features = false;
    for member in workspace.members.values_mut() {
        member.features = BTreeSet::from(["default".to_owned(), "metrics".to_owned()]);
    }
    workspace
}

fn shown(call: &Call) -> String {
    call.arguments.join(" ")
}

#[test]
fn every_package_with_a_service_is_part_of_the_call() {
    let workspace = workspace();
    let services = vec![&workspace.services["alpha"]];
    let request = BuildRequest { services, ..BuildRequest::default() };
    insta::assert_snapshot!(shown(&request.services_call(&workspace).unwrap()), @"build --package path+file:///ws/crates/alpha#0.0.0 --package path+file:///ws/crates/beta#0.0.0 --bin alpha --no-default-features --features alpha/default --features beta/metrics");
    assert_eq!(BuildRequest::default().services_call(&workspace), None);
}

#[test]
fn each_package_has_a_call_for_its_suites() {
    let workspace = workspace();
    let test = |package: &str, target: &str| TestTarget {
        binary_id: format!("{package}::{target}"),
        package: package.to_owned(),
        package_id: format!("path+file:///ws/crates/{package}#0.0.0"),
        target: target.to_owned(),
        folder: "/ws/tests".into(),
    };
    let tests = [test("e2e", "beta"), test("e2e", "alpha"), test("beta", "alpha")];
    let request = BuildRequest { tests: tests.iter().collect(), ..BuildRequest::default() };
    let calls = request.suite_calls(&workspace).into_iter();
    let calls: Vec<_> = calls.map(|(call, tests)| (shown(&call), tests.len())).collect();
    let expected = [
        "test --no-run --package path+file:///ws/crates/beta#0.0.0 --test alpha \
         --no-default-features --features beta/metrics",
        "test --no-run --package path+file:///ws/crates/e2e#0.0.0 --test alpha --test beta",
    ];
    assert_eq!(calls, [(expected[0].to_owned(), 1), (expected[1].to_owned(), 2)]);
}
