//! The other keys of a service. Types, the range of the port and the known kinds
//! of store are checked while the table is read.

use camino::{Utf8Component, Utf8Path};

use crate::workspace::error::Problem;
use crate::workspace::topology::{Ready, Service, Workspace};

pub(super) fn check(workspace: &Workspace) -> Result<(), Problem> {
    for service in workspace.services.values() {
        check_ready(service)?;
        check_database(service)?;
        if let Some(volume) = &service.volume {
            check_volume(service, volume)?;
        }
    }
    Ok(())
}

fn check_ready(service: &Service) -> Result<(), Problem> {
    let Ready::Http(ready) = &service.ready else { return Ok(()) };
    // It goes into a request line as it is.
    if ready.starts_with('/') && ready.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Problem::Metadata(format!(
        "{}: `{ready}` is no path of a URL\n\
         hint: it starts with `/` and has no space, for example `/health/ready`",
        service.source.key("ready")
    )))
}

fn check_database(service: &Service) -> Result<(), Problem> {
    let database = &service.database;
    let twice = (1..database.len()).find(|&i| database[..i].contains(&database[i]));
    let Some(twice) = twice else { return Ok(()) };
    let key = service.source.key("database");
    Err(Problem::Metadata(format!("{key}: `{}` is listed twice", database[twice])))
}

/// The path has to be one that every backend can mount a folder on.
fn check_volume(service: &Service, volume: &Utf8Path) -> Result<(), Problem> {
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
    Err(Problem::Metadata(format!(
        "{}: `{volume}` cannot be mounted\n\
         hint: a volume is an absolute path below `/`, of letters, digits and `/._-`, \
         without `..`, for example `/data`",
        service.source.key("volume")
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::workspace::testing::{Fixture, error};

    #[test]
    fn ready_is_a_path() {
        for ready in ["health", "", "/health ready", "/ü", "/a\r\nb"] {
            let fixture = Fixture::new().service("a", json!({ "ready": ready }));
            assert!(fixture.load().is_err(), "{ready:?}");
        }
        insta::assert_snapshot!(
            error(Fixture::new().service("a", json!({ "ready": "health/ready" }))),
            @r"
            crates/a/Cargo.toml: package.metadata.onetag.ready: `health/ready` is no path of a URL
            hint: it starts with `/` and has no space, for example `/health/ready`
            "
        );
    }

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
    fn a_store_is_listed_once() {
        insta::assert_snapshot!(
            error(Fixture::new().service("a", json!({ "database": ["sqlite", "sqlite"] }))),
            @"crates/a/Cargo.toml: package.metadata.onetag.store: `sqlite` is listed twice"
        );
    }
}
