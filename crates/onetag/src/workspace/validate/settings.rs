//! The other keys of a service. Types, ranges and words are checked while the
//! table is read.

use camino::{Utf8Component, Utf8Path};

use crate::error::Attach as _;
use crate::workspace::topology::{Service, Workspace};

pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for service in workspace.services.values() {
        check_ports(service)?;
        check_database(service)?;
        if let Some(volume) = &service.volume {
            check_volume(service, volume)?;
        }
        for file in &service.files {
            check_file(service, file)?;
        }
    }
    Ok(())
}

fn check_ports(service: &Service) -> anyhow::Result<()> {
    if service.port.is_some() || service.ports.is_empty() {
        return Ok(());
    }
    let error = service.source.key("ports").error("further ports, but no `port`");
    Err(error.hint("write the first one as `port = …`"))
}

fn check_database(service: &Service) -> anyhow::Result<()> {
    let database = &service.database;
    let twice = (1..database.len()).find(|&i| database[..i].contains(&database[i]));
    let Some(twice) = twice else { return Ok(()) };
    let fault = format!("`{}` is listed twice", database[twice]);
    Err(service.source.key("database").error(fault))
}

/// The path has to be one that every backend can mount a folder on.
fn check_volume(service: &Service, volume: &Utf8Path) -> anyhow::Result<()> {
    let mut components = volume.components();
    let is_absolute = components.next() == Some(Utf8Component::RootDir);
    let names: Vec<Utf8Component<'_>> = components.collect();
    let is_plain = names.iter().all(|component| matches!(component, Utf8Component::Normal(_)))
        && volume
            .as_str()
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    if is_absolute && is_plain && !names.is_empty() {
        return Ok(());
    }
    let error = service.source.key("volume").error(format!("`{volume}` cannot be mounted"));
    Err(error.hint(
        "a volume is an absolute path below `/`, of letters, digits and `/._-`, without `..`, \
         for example `/data`",
    ))
}

/// What is there is looked at when the image is made.
fn check_file(service: &Service, file: &Utf8Path) -> anyhow::Result<()> {
    let mut components = file.components();
    let is_below = components.all(|component| matches!(component, Utf8Component::Normal(_)));
    if is_below && !file.as_str().is_empty() {
        return Ok(());
    }
    let error = service.source.key("files").error(format!("`{file}` is not below the package"));
    Err(error.hint("files and folders are named by their paths from the package's own folder, without `.` and `..`"))
}

#[cfg(test)]
mod tests {
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
}
