//! Naming a process for good, and sending it signals.

use serde::{Deserialize, Serialize};
use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// One process of one boot: its id alone would be given to another later.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct ProcessId {
    /// The number of the process, which is also its group's where it leads one.
    pub(crate) pid: u32,
    /// The boot of the machine in which it runs.
    pub(crate) boot_id: String,
    /// When it started within that boot.
    pub(crate) start_time: String,
}

impl ProcessId {
    /// Names a process that runs now.
    pub(crate) fn of(pid: u32) -> io::Result<ProcessId> {
        let start_time = super::start_time(pid)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the process is gone"))?;
        Ok(ProcessId { pid, boot_id: super::boot_id()?, start_time })
    }

    /// Whether this very process still runs.
    pub(crate) fn is_alive(&self) -> bool {
        super::start_time(self.pid).is_some_and(|start_time| start_time == self.start_time)
            && self.is_of_this_boot()
    }

    /// Whether the machine has not been started anew since.
    pub(crate) fn is_of_this_boot(&self) -> bool {
        super::boot_id().is_ok_and(|boot_id| boot_id == self.boot_id)
    }
}

/// What is there of a process and of the session that it leads.
#[derive(Debug)]
pub(crate) struct Remains {
    /// All that is alive: itself, and what it leads or led.
    pub(crate) alive: Vec<u32>,
    /// Whether that is the owner's for certain.
    pub(crate) proven: bool,
}

/// Looks for a process and, if it `leads` one, for its session.
///
/// Where the leader has ended, its session outlives it as long as anything
/// is in it; then one member that carries the variable `key` with the owner proves
/// that it is not another one under the same number.
pub(crate) fn remains(id: &ProcessId, leads: bool, key: &str, owner: &str) -> io::Result<Remains> {
    let lives = id.is_alive();
    // Another process under its number, or another boot: what it led is gone.
    let is_another = !lives && (super::start_time(id.pid).is_some() || !id.is_of_this_boot());
    let mut alive = match leads && !is_another {
        true => super::session_members(id.pid)?,
        false => Vec::new(),
    };
    if lives && !alive.contains(&id.pid) {
        alive.push(id.pid);
    }
    let proven = lives || alive.iter().any(|pid| super::is_owned_by(*pid, key, owner));
    Ok(Remains { alive, proven })
}

/// Makes this process the leader of a new session, without a terminal.
pub(crate) fn lead_session() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// Sends a signal to one process, and says whether it was there.
pub(crate) fn signal_process(pid: u32, signal: i32) -> io::Result<bool> {
    send(pid, signal, kill_process)
}

/// Sends a signal to all processes of a group, and says whether there was one.
pub(crate) fn signal_group(leader: u32, signal: i32) -> io::Result<bool> {
    send(leader, signal, kill_process_group)
}

fn send(to: u32, signal: i32, call: fn(Pid, Signal) -> Result<(), Errno>) -> io::Result<bool> {
    let to = pid(to)?;
    match call(to, named_signal(signal)?) {
        Err(Errno::SRCH) => Ok(false),
        sent => Ok(sent.map(|()| true)?),
    }
}

/// The number of a process as system calls take it. Zero, which they take for
/// this very process or its group, is none.
pub(super) fn pid(number: u32) -> io::Result<Pid> {
    let number = i32::try_from(number).ok().filter(|number| *number > 0);
    number.and_then(Pid::from_raw).ok_or_else(|| invalid("no such process"))
}

/// A signal as system calls take it.
pub(super) fn named_signal(number: i32) -> io::Result<Signal> {
    Signal::from_named_raw(number).ok_or_else(|| invalid("no such signal"))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
