use serde_json::{Value, json};

use crate::workspace::testing::{Fixture, error};

fn fixture(table: Value) -> Fixture {
    Fixture::new().service("a", table)
}

#[test]
fn it_lies_in_the_package_or_elsewhere_in_the_workspace() {
    for (path, file, context) in [
        ("Containerfile", "/ws/crates/a/Containerfile", "/ws/crates/a"),
        ("./deploy/a.containerfile", "/ws/crates/a/deploy/a.containerfile", "/ws/crates/a"),
        ("../../Containerfile", "/ws/Containerfile", "/ws"),
        ("../../deploy/Containerfile", "/ws/deploy/Containerfile", "/ws/deploy"),
    ] {
        let workspace = fixture(json!({ "containerfile": path })).load().unwrap();
        let service = &workspace.services["a"];
        let containerfile = service.containerfile().unwrap();
        assert_eq!((&*containerfile.file, &*containerfile.context), (file.into(), context.into()));
        assert!(service.program().is_none() && service.external().is_none());
    }
}

#[test]
fn it_is_a_file_of_the_workspace() {
    for path in ["", ".", "..", "../..", "../a", "/etc/hostname", "../../../Containerfile"] {
        assert!(fixture(json!({ "containerfile": path })).load().is_err(), "{path}");
    }
    insta::assert_snapshot!(error(fixture(json!({ "containerfile": "../../../c" }))), @r"
    crates/a/Cargo.toml: package.metadata.onetag.containerfile: `../../../c` is not a file of this workspace
    hint: it is named by its path from the package's own folder, for example `Containerfile`, and lies below the workspace's root
    ");
}

#[test]
fn cargo_builds_nothing_beside_it() {
    for (key, value) in [
        ("bin", json!("a")),
        ("files", json!(["assets"])),
        ("features", json!(["x"])),
        ("default-features", json!(false)),
    ] {
        let table = json!({ "containerfile": "Containerfile", key: value });
        let told = error(fixture(table));
        let beginning = format!("crates/a/Cargo.toml: package.metadata.onetag.{key}: cargo builds");
        assert!(told.starts_with(&beginning), "{told}");
    }
    let table = json!({ "containerfile": "Containerfile", "files": ["assets"] });
    insta::assert_snapshot!(error(fixture(table)), @r"
    crates/a/Cargo.toml: package.metadata.onetag.files: cargo builds nothing for a service with a `containerfile`
    hint: remove `files`, and have Containerfile make what the image needs
    ");
}

#[test]
fn its_package_needs_no_program() {
    let table = json!({ "ready": "started", "containerfile": "Containerfile" });
    let package = Fixture::new().package("a", json!({ "onetag": table }), &[("lib", "a")]);
    assert!(package.load().unwrap().services["a"].containerfile().is_some());
}
