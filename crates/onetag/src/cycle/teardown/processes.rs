//! Ending the harness's own processes of a run, with all that they started.
//!
//! Only what the ledger proves to be the run's is ever signalled: a process whose
//! [`ProcessId`] stands in it, and the session that such a process leads.

use std::time::Duration;

use anyhow::Context as _;
use signal_hook::consts::{SIGKILL, SIGTERM};

use crate::run::ledger::{Entry, Ledger, Record, Resource, Role};
use crate::run::{RunFolder, RunId};
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};
use crate::system::{self, ProcessId, Remains};

/// How long processes that were asked to end may take.
const GRACE: Duration = Duration::from_secs(15);

/// How long processes that were killed may take.
const KILLED: Duration = Duration::from_secs(5);

/// A process in the ledger that is not known to be gone, and what follows it.
pub(super) struct TrackedProcess {
    role: Role,
    pub(super) name: String,
    id: ProcessId,
    /// All that is alive: itself, and what it leads or led.
    pub(super) alive: Vec<u32>,
    /// Whether that is the run's for certain.
    proven: bool,
}

/// Processes of these roles that the ledger does not tell to be gone, but for this
/// one.
pub(super) fn known(folder: &RunFolder, roles: &[Role]) -> anyhow::Result<Vec<TrackedProcess>> {
    let record = Record::read(folder.path())?;
    let mut found = Vec::new();
    for resource in record.outstanding() {
        if let Resource::Process { role, name, id } = resource
            && roles.contains(role)
            && id.pid != std::process::id()
        {
            let Remains { alive, proven } = alive(folder.run_id(), *role, id)?;
            found.push(TrackedProcess {
                role: *role,
                name: name.clone(),
                id: id.clone(),
                alive,
                proven,
            });
        }
    }
    Ok(found)
}

fn alive(run_id: RunId, role: Role, id: &ProcessId) -> anyhow::Result<Remains> {
    let (leads, key) = match role {
        // Its services stand for themselves.
        Role::Keeper => (false, onetag_env::keys::OWNER),
        Role::Tool => (true, onetag_env::keys::TOOL_OF),
    };
    system::remains(id, leads, key, &run_id.to_string()).context("cannot look for processes")
}

/// Ends the processes of one role, and takes note of those that ended.
///
/// They are asked, and killed if they take too long, or at once if a second
/// signal came. What cannot be ended is found by whoever looks for leftovers.
pub(super) fn end(folder: &RunFolder, role: Role, interrupt: &Interrupt) -> anyhow::Result<()> {
    let mut leaders = known(folder, &[role])?;
    if leaders.is_empty() {
        return Ok(());
    }
    leaders.retain(|process| process.id.is_alive());
    if !leaders.is_empty() && !interrupt.is_forced() {
        for TrackedProcess { id, .. } in &leaders {
            // The keeper's group has nobody else, and a tool may not lead one yet.
            let _ = match role {
                Role::Keeper => system::signal_process(id.pid, SIGTERM),
                Role::Tool => system::signal_group(id.pid, SIGTERM),
            };
        }
        look_until("ending processes", GRACE, || {
            let left = leaders.iter().find(|leader| leader.id.is_alive());
            Ok(match left {
                Some(leader) if !interrupt.is_forced() => Poll::Pending(leader.name.clone()),
                _ => Poll::Ready(()),
            })
        })?;
    }
    // Whatever its leader left behind is asked no more: nobody minds it.
    end_followers(folder, role, |_| true)
}

/// Kills what is meant and proven to be the run's, and takes note of what ended.
fn end_followers(
    folder: &RunFolder,
    role: Role,
    meant: impl Fn(&TrackedProcess) -> bool,
) -> anyhow::Result<()> {
    look_until("killing processes", KILLED, || {
        let mut left = known(folder, &[role])?;
        left.retain(|process| meant(process) && process.proven && !process.alive.is_empty());
        for pid in left.iter().flat_map(|process| &process.alive) {
            let _ = system::signal_process(*pid, SIGKILL);
        }
        Ok(match left.first() {
            Some(process) => Poll::Pending(process.name.clone()),
            None => Poll::Ready(()),
        })
    })?;
    let ledger = Ledger::open(folder.path())?;
    for process in known(folder, &[role])? {
        if meant(&process) && process.alive.is_empty() {
            let TrackedProcess { role, name, id, .. } = process;
            super::note(&ledger, &Entry::Gone { resource: Resource::Process { role, name, id } });
        }
    }
    Ok(())
}

/// Ends what tools of a kept run left behind: whoever minded them was killed, or
/// it would have ended that itself.
pub(super) fn end_orphans(folder: &RunFolder) -> anyhow::Result<()> {
    let is_orphan = |it: &TrackedProcess| !it.id.is_alive();
    if known(folder, &[Role::Tool])?.iter().any(is_orphan) {
        end_followers(folder, Role::Tool, is_orphan)?;
    }
    Ok(())
}

/// Waits through signals, which are why the teardown is under way, and not longer
/// than this: what is left then is told elsewhere.
fn look_until(
    what: &str,
    limit: Duration,
    look: impl FnMut() -> anyhow::Result<Poll<()>>,
) -> anyhow::Result<()> {
    match wait::until(what, limit, &Interrupt::default(), look) {
        Err(error) if error.is::<wait::TimedOut>() => Ok(()),
        waited => waited,
    }
}
