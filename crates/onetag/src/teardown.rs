//! Phase 7: ending a run from its ledger, and looking whether anything is left.
//!
//! The same steps serve every way out: the end of a run, `down`, a run whose
//! harness or keeper was killed.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;
use signal_hook::consts::{SIGKILL, SIGTERM};

use crate::finished::archive;
use crate::keeper::Client;
use crate::ledger::{Entry, Ledger, Record, Resource, Role};
use crate::run::RunFolder;
use crate::signals::Interrupt;
use crate::sys;
use crate::wait::{self, Look};

/// How long processes that were asked to end may take.
const GRACE: Duration = Duration::from_secs(15);

/// How long processes that were killed may take.
const KILLED: Duration = Duration::from_secs(5);

/// What stays of a run that is over; everything else in its folder goes.
const STAYS: [&str; 7] = [
    "ledger.jsonl",
    "plan.json",
    "witness.json",
    "report.json",
    "junit.xml",
    "logs",
    "diagnostics",
];

/// Something of a run that is there after its teardown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// What kind of thing it is: `process`, `socket`, `folder` or `ledger`.
    pub(crate) kind: &'static str,
    /// Which one.
    pub(crate) name: String,
}
onetag_json::record!(write Leftover { kind, name });

/// Ends what runs and removes what was made, as far as the ledger tells.
///
/// What cannot be ended or removed is returned, and so is what is found by the
/// run id without standing in the ledger: that is reported and left alone, since
/// nothing proves that it is ours. The folder of the run stays, with what a
/// report needs, until [`archive`] moves it. From the second signal on nothing
/// is asked to end before it is killed.
pub(crate) fn teardown(folder: &RunFolder, interrupt: &Interrupt) -> anyhow::Result<Vec<Leftover>> {
    let ledger = Ledger::open(folder.path())?;
    note(&ledger, &Entry::TearingDown);
    let record = Record::read(folder.path())?;
    let ports: Vec<u16> = record
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Owned { resource: Resource::Lease { port, .. } } => Some(*port),
            _ => None,
        })
        .collect();

    let keeper_lives = record.living().iter().any(|(role, ..)| *role == Role::Keeper);
    if keeper_lives {
        // One that does not answer is ended below, like any other process.
        let _ = Client::connect(folder).and_then(|keeper| keeper.shutdown(interrupt));
    }
    // Tools first: tests talk to services. The keeper last: it is their parent.
    for role in [Role::Tool, Role::Service, Role::Keeper] {
        end_processes(folder, role, interrupt)?;
    }
    remove_files(folder, &ledger)?;
    leftovers(folder, &ports)
}

/// What the keeper does when the harness is gone and the run is not kept.
pub(crate) fn after_the_harness(folder: &RunFolder) -> anyhow::Result<()> {
    let ledger = Ledger::open(folder.path())?;
    note(&ledger, &Entry::TearingDown);
    end_processes(folder, Role::Tool, &Interrupt::default())?;
    // This process is the last of the run.
    for resource in Record::read(folder.path())?.outstanding() {
        if matches!(resource, Resource::Process { role: Role::Keeper, .. }) {
            note(&ledger, &Entry::Gone { resource: resource.clone() });
        }
    }
    remove_files(folder, &ledger)?;
    archive(folder)
}

/// Writes to the ledger if that can be written to.
///
/// On a full disk it cannot, and the run has to end all the same: what is gone
/// is found to be gone the next time as well.
fn note(ledger: &Ledger, entry: &Entry) {
    let _ = ledger.write(entry);
}

/// Ends the living processes of one role, and takes note of those that ended.
fn end_processes(folder: &RunFolder, role: Role, interrupt: &Interrupt) -> anyhow::Result<()> {
    let living = || -> anyhow::Result<Vec<(String, sys::ProcessId)>> {
        let record = Record::read(folder.path())?;
        let own = std::process::id();
        Ok(record
            .living()
            .into_iter()
            .filter(|(of, _, id)| *of == role && id.pid != own)
            .map(|(_, name, id)| (name.to_owned(), id.clone()))
            .collect())
    };
    let signal = |signal: i32| -> anyhow::Result<()> {
        for (name, id) in living()? {
            // The keeper shares a group with nobody, the others lead theirs.
            match role {
                Role::Keeper => sys::signal_process(id.pid, signal),
                Role::Service | Role::Tool => sys::signal_group(id.pid, signal),
            }
            .with_context(|| format!("cannot end `{name}`, process {}", id.pid))?;
        }
        Ok(())
    };
    let all_ended = |limit: Duration, patient: bool| -> anyhow::Result<bool> {
        // Teardown goes on through signals: they are why it is under way.
        let waited = wait::until("ending processes", limit, &Interrupt::default(), || {
            Ok(match living()?.as_slice() {
                [] => Look::Done(true),
                _ if patient && interrupt.hurries() => Look::Done(false),
                [(name, id), ..] => Look::NotYet(format!("`{name}`, process {}", id.pid)),
            })
        });
        match waited {
            Ok(ended) => Ok(ended),
            Err(error) if error.is::<wait::TimedOut>() => Ok(false),
            Err(error) => Err(error),
        }
    };
    if !living()?.is_empty() {
        let ended = !interrupt.hurries() && {
            signal(SIGTERM)?;
            all_ended(GRACE, true)?
        };
        if !ended {
            signal(SIGKILL)?;
            all_ended(KILLED, false)?;
        }
    }
    let ledger = Ledger::open(folder.path())?;
    for resource in Record::read(folder.path())?.outstanding() {
        if let Resource::Process { role: of, id, .. } = resource
            && *of == role
            && !id.is_alive()
        {
            note(&ledger, &Entry::Gone { resource: resource.clone() });
        }
    }
    Ok(())
}

/// Removes files and folders, the last made first, and what is in the run's
/// folder and does not stay. Leases ended with the keeper.
fn remove_files(folder: &RunFolder, ledger: &Ledger) -> anyhow::Result<()> {
    for resource in Record::read(folder.path())?.outstanding() {
        match resource {
            Resource::Folder { path } if path == folder.path() => continue,
            Resource::Folder { path } => remove(path)?,
            Resource::File { path } => remove(path)?,
            Resource::Lease { .. } => {}
            Resource::Process { .. } | Resource::Stored { .. } => continue,
        }
        note(ledger, &Entry::Gone { resource: resource.clone() });
    }
    let entries =
        folder.path().read_dir_utf8().with_context(|| format!("cannot list {}", folder.path()))?;
    for entry in entries.flatten() {
        if !STAYS.contains(&entry.file_name()) && entry.path() != folder.lock() {
            remove(entry.path())?;
        }
    }
    Ok(())
}

fn remove(path: &Utf8Path) -> anyhow::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("cannot remove {path}")),
    }
}

/// Looks for the run in every place where it could have left something.
fn leftovers(folder: &RunFolder, ports: &[u16]) -> anyhow::Result<Vec<Leftover>> {
    let mut found = Vec::new();
    let run_id = folder.run_id().to_string();
    for (pid, command) in sys::owned_by(onetag_env::keys::OWNER, &run_id)? {
        found.push(Leftover { kind: "process", name: format!("{pid} ({command})") });
    }
    let record = Record::read(folder.path())?;
    let own = std::process::id();
    for (_, name, id) in record.living() {
        let leftover = Leftover { kind: "process", name: format!("{} ({name})", id.pid) };
        if id.pid != own
            && !found.iter().any(|known| known.name.starts_with(&format!("{} ", id.pid)))
        {
            found.push(leftover);
        }
    }
    for port in ports.iter().filter(|port| sys::listening(**port)) {
        found.push(Leftover { kind: "socket", name: format!("127.0.0.1:{port}") });
    }
    for (line, reason) in &record.damaged {
        let name = format!("{} line {line}: {reason}", folder.path().join(Ledger::FILE));
        found.push(Leftover { kind: "ledger", name });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
