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
        for file in service.program().into_iter().flat_map(|program| &program.files) {
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
#[path = "settings_tests.rs"]
mod tests;
