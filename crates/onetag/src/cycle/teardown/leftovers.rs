//! The verdict: whether anything of a run is there after its teardown.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::processes::known;
use super::stays;
use crate::report::Leftover;
use crate::run::RunFolder;
use crate::run::ledger::{Entry, Ledger, Record, Resource, Role};
use crate::system;

/// What nextest sets for tests and setup scripts.
const NEXTEST: &str = "NEXTEST";

/// Looks for the run in every place where it could have left something.
pub(super) fn leftovers(folder: &RunFolder) -> anyhow::Result<Vec<Leftover>> {
    let record = Record::read(folder.path())?;
    let mut found = processes(folder)?;
    let run_id = folder.run_id().to_string();
    for port in ports(&record) {
        if system::listening(port) && is_of_run(port, &run_id) {
            found.push(Leftover { kind: "socket", name: format!("127.0.0.1:{port}") });
        }
    }
    found.extend(files(folder, &record)?);
    for (line, reason) in &record.damaged {
        let name = format!("{} line {line}: {reason}", folder.path().join(Ledger::FILE));
        found.push(Leftover { kind: "ledger", name });
    }
    Ok(found)
}

/// What carries the run id as its owner, and what stands in the ledger or
/// follows what stands there.
fn processes(folder: &RunFolder) -> anyhow::Result<Vec<Leftover>> {
    let run_id = folder.run_id().to_string();
    let owned = system::owned_by(onetag_env::keys::OWNER, &run_id)
        .context("cannot look for processes of the run")?;
    let tests = system::owned_by(onetag_env::keys::TOOL_OF, &run_id)
        .context("cannot look for processes that tests of the run have started")?;
    // Cargo may start a server that goes on for others, as `sccache` does.
    let tests = tests.into_iter().filter(|(pid, _)| system::variable(*pid, NEXTEST).is_some());
    let mut found: Vec<(u32, String)> = owned.into_iter().chain(tests).collect();
    for process in known(folder, &[Role::Tool, Role::Service, Role::Keeper])? {
        for pid in process.alive {
            if !found.iter().any(|(known, _)| *known == pid) {
                found.push((pid, process.name.clone()));
            }
        }
    }
    let told = found.into_iter().map(|(pid, what)| format!("{pid} ({what})"));
    Ok(told.map(|name| Leftover { kind: "process", name }).collect())
}

/// All ports that were ever leased for the run.
fn ports(record: &Record) -> impl Iterator<Item = u16> {
    let leased = record.entries.iter().filter_map(|entry| match entry {
        Entry::Owned { resource: Resource::Lease { port, .. } } => Some(*port),
        _ => None,
    });
    leased.collect::<BTreeSet<_>>().into_iter()
}

/// Whether a process of the run listens on a port. It is free again once the keeper has
/// ended, and anybody may have it by now.
fn is_of_run(port: u16, run_id: &str) -> bool {
    let keys = [onetag_env::keys::OWNER, onetag_env::keys::TOOL_OF];
    let of_run = |pid| keys.iter().any(|key| system::is_owned_by(pid, key, run_id));
    system::listeners(port).into_iter().any(of_run)
}

/// Files and folders that the ledger does not tell to be gone, and what lies in
/// the run's folder and does not stay.
fn files(folder: &RunFolder, record: &Record) -> anyhow::Result<Vec<Leftover>> {
    let mut found = Vec::new();
    for resource in record.outstanding() {
        match resource {
            Resource::Folder { path } if path == folder.path() => {}
            Resource::Folder { path } if path.exists() => found.push(path.clone()),
            Resource::File { path } if path.exists() => found.push(path.clone()),
            _ => {}
        }
    }
    let entries =
        folder.path().read_dir_utf8().with_context(|| format!("cannot list {}", folder.path()))?;
    for entry in entries.flatten() {
        if !stays(folder, entry.path()) && !found.iter().any(|known| known == entry.path()) {
            found.push(entry.into_path());
        }
    }
    let kind = |path: &camino::Utf8PathBuf| if path.is_dir() { "folder" } else { "file" };
    Ok(found.into_iter().map(|path| Leftover { kind: kind(&path), name: path.into() }).collect())
}
