//! The verdict: whether anything of a run is there after its teardown.

use anyhow::Context as _;

use super::backend::Remover;
use super::processes::known;
use super::stays;
use crate::report::Leftover;
use crate::run::RunFolder;
use crate::run::ledger::{Entry, Ledger, Record, Resource, Role};
use crate::system;

/// What nextest sets for tests and setup scripts.
const NEXTEST: &str = "NEXTEST";

/// Looks for the run in every place where it could have left something; `unremoved`
/// is what is known to be left.
pub(super) fn leftovers(
    folder: &RunFolder,
    unremoved: Vec<Leftover>,
) -> anyhow::Result<Vec<Leftover>> {
    let record = Record::read(folder.path())?;
    let mut found = processes(folder)?;
    // A run that never got so far as to name its backend has nothing on it.
    if record.entries.iter().any(|entry| matches!(entry, Entry::Run { .. })) {
        found.extend(Remover::new(folder, &record)?.leftovers(&record));
    }
    found.extend(unremoved);
    found.extend(files(folder, &record)?);
    for (line, reason) in &record.damaged {
        let name = format!("{} line {line}: {reason}", folder.path().join(Ledger::FILE));
        found.push(Leftover { kind: "ledger", name });
    }
    Ok(found)
}

/// Processes of the harness: what stands in the ledger or follows what stands there,
/// and what tests have started.
fn processes(folder: &RunFolder) -> anyhow::Result<Vec<Leftover>> {
    let run_id = folder.run_id().to_string();
    let tests = system::owned_by(onetag_env::keys::TOOL_OF, &run_id)
        .context("cannot look for processes that tests of the run have started")?;
    // Cargo may start a server that goes on for others, as `sccache` does.
    let tests = tests.into_iter().filter(|(pid, _)| system::variable(*pid, NEXTEST).is_some());
    let mut found: Vec<(u32, String)> = tests.collect();
    for process in known(folder, &[Role::Tool, Role::Keeper])? {
        for pid in process.alive {
            if !found.iter().any(|(known, _)| *known == pid) {
                found.push((pid, process.name.clone()));
            }
        }
    }
    let told = found.into_iter().map(|(pid, what)| format!("{pid} ({what})"));
    Ok(told.map(|name| Leftover { kind: "process", name }).collect())
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
