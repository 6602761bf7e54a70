//! Workspaces for tests, as cargo would describe them.

use serde_json::{Value, json};

use super::assemble::assemble;
use super::topology::Workspace;
use crate::error::{Kind, describe};

/// A workspace in `/ws`.
pub(crate) struct Fixture {
    packages: Vec<Value>,
    metadata: Value,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self { packages: Vec::new(), metadata: Value::Null }
    }

    /// A package in `crates/<name>` with targets of the given kinds and names.
    pub(super) fn package(mut self, name: &str, metadata: Value, targets: &[(&str, &str)]) -> Self {
        let targets: Vec<Value> = targets
            .iter()
            .map(|(kind, name)| {
                let (kinds, source) = ([kind], format!("/ws/crates/{name}/{name}.rs"));
                json!({ "kind": kinds, "name": name, "test": true, "src_path": source })
            })
            .collect();
        self.packages.push(json!({
            "name": name,
            "version": "0.0.0",
            "id": format!("path+file:///ws/crates/{name}#0.0.0"),
            "dependencies": [],
            "features": {},
            "manifest_path": format!("/ws/crates/{name}/Cargo.toml"),
            "targets": targets,
            "metadata": metadata,
        }));
        self
    }

    /// Gives the last package these keys; `required` are features that its first
    /// target requires.
    pub(super) fn with(mut self, keys: Value) -> Self {
        let package = self.packages.last_mut().and_then(Value::as_object_mut).unwrap();
        let Value::Object(mut keys) = keys else { panic!("{keys} is no table") };
        if let Some(required) = keys.remove("required") {
            package["targets"][0]["required-features"] = required;
        }
        package.extend(keys);
        self
    }

    /// A service with a program; keys of `table` win over those that must be
    /// there.
    pub(crate) fn service(self, name: &str, table: Value) -> Self {
        let mut onetag = json!({ "port": 8080, "ready": "/health/ready" });
        let Value::Object(table) = table else { panic!("{table} is no table") };
        onetag.as_object_mut().unwrap().extend(table);
        self.package(name, json!({ "onetag": onetag }), &[("bin", name)])
    }

    /// The package `e2e` with a library and these integration tests.
    pub(crate) fn e2e(self, tests: &[&str]) -> Self {
        let tests = tests.iter().map(|test| ("test", *test));
        let targets: Vec<_> = [("lib", "e2e")].into_iter().chain(tests).collect();
        self.package("e2e", Value::Null, &targets)
    }

    /// `[workspace.metadata.onetag]`.
    pub(crate) fn workspace(mut self, table: Value) -> Self {
        self.metadata = json!({ "onetag": table });
        self
    }

    /// `[workspace.metadata.onetag.suites]`.
    pub(super) fn suites(self, suites: Value) -> Self {
        self.workspace(json!({ "suites": suites }))
    }

    /// `[workspace.metadata.onetag.externals]`.
    pub(super) fn externals(self, externals: Value) -> Self {
        self.workspace(json!({ "externals": externals }))
    }

    pub(crate) fn load(self) -> anyhow::Result<Workspace> {
        let document = json!({
            "version": 1,
            "workspace_members": [],
            "packages": self.packages,
            "workspace_root": "/ws",
            "target_directory": "/ws/target",
            "metadata": self.metadata,
        });
        assemble(serde_json::from_value(document).unwrap())
    }
}

/// What somebody reads who loads `fixture`.
pub(super) fn error(fixture: Fixture) -> String {
    let error = fixture.load().unwrap_err();
    assert_eq!(Kind::of(&error), Kind::Metadata, "{error:?}");
    describe(&error)
}
