use serde_json::json;

use crate::workspace::testing::{Fixture, error};

#[test]
fn volume_is_an_absolute_folder() {
    for (volume, expected) in [
        ("/data", true),
        ("/var/lib/a-b_c.d/", true),
        ("/", false),
        ("data", false),
        ("", false),
        ("/data/../etc", false),
        ("/my data", false),
        ("/a:b", false),
    ] {
        let fixture = Fixture::new().service("a", json!({ "volume": volume }));
        assert_eq!(fixture.load().is_ok(), expected, "{volume:?}");
    }
    insta::assert_snapshot!(error(Fixture::new().service("a", json!({ "volume": "data" }))), @r"
    crates/a/Cargo.toml: package.metadata.onetag.volume: `data` cannot be mounted
    hint: a volume is an absolute path below `/`, of letters, digits and `/._-`, without `..`, for example `/data`
    ");
}

#[test]
fn files_lie_below_the_package() {
    for (file, expected) in [
        ("assets", true),
        ("assets/", true),
        ("a/b.txt", true),
        (".env", true),
        ("my file", true),
        ("", false),
        (".", false),
        ("./assets", false),
        ("..", false),
        ("assets/../../x", false),
        ("/etc/hostname", false),
    ] {
        let fixture = Fixture::new().service("a", json!({ "files": ["x", file] }));
        assert_eq!(fixture.load().is_ok(), expected, "{file:?}");
    }
    insta::assert_snapshot!(error(Fixture::new().service("a", json!({ "files": ["../x"] }))), @r"
    crates/a/Cargo.toml: package.metadata.onetag.files: `../x` is not below the package
    hint: files and folders are named by their paths from the package's own folder, without `.` and `..`
    ");
}

#[test]
fn further_ports_come_after_the_first() {
    let metadata = json!({ "onetag": { "ports": { "grpc": 1 } } });
    insta::assert_snapshot!(error(Fixture::new().package("a", metadata, &[("bin", "a")])), @r"
    crates/a/Cargo.toml: package.metadata.onetag.ports: further ports, but no `port`
    hint: write the first one as `port = …`
    ");
}

#[test]
fn a_database_is_listed_once() {
    let twice = json!({ "database": ["sqlite", "sqlite"] });
    insta::assert_snapshot!(error(Fixture::new().service("a", twice)), @"crates/a/Cargo.toml: package.metadata.onetag.database: `sqlite` is listed twice");
}
