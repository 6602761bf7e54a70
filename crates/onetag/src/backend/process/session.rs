//! The session of a service that has ended: what is left of it, and where it may go on.

use std::collections::BTreeSet;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use signal_hook::consts::{SIGCHLD, SIGKILL};
use signal_hook::iterator::Signals;

use crate::backend::lock;
use crate::build::image::FileIdentity;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};
use crate::system::{self, signal_group, signal_process};

/// How long the kernel may take to end what was killed.
const KILLED: Duration = Duration::from_secs(1);

/// The numbers of the services that run. All other children of the keeper are what
/// services left behind: the kernel makes it the parent of those.
#[derive(Clone, Debug, Default)]
pub(super) struct Pids(Arc<Mutex<BTreeSet<u32>>>);

impl Pids {
    /// From now on the kernel makes this process the parent of what services leave behind,
    /// and takes note of their ends.
    pub(super) fn adopt_orphans(&self) -> anyhow::Result<()> {
        system::adopt_orphans().context("cannot become the parent of what services leave")?;
        let mut signals = Signals::new([SIGCHLD]).context("cannot listen for the ends of them")?;
        let pids = self.clone();
        thread::spawn(move || signals.forever().for_each(|_| drop(pids.others())));
        Ok(())
    }

    /// Starts a process that is to become a service.
    pub(super) fn spawn(&self, command: &mut Command) -> std::io::Result<Child> {
        let mut pids = lock(&self.0);
        let process = command.spawn()?;
        pids.insert(process.id());
        Ok(process)
    }

    /// Waits for one that has ended.
    pub(super) fn wait(&self, process: &mut Child) -> std::io::Result<ExitStatus> {
        let mut pids = lock(&self.0);
        let waited = process.wait();
        pids.remove(&process.id());
        waited
    }

    /// What was left behind and runs. Nobody else waits for it, so what has ended goes.
    fn others(&self) -> Vec<u32> {
        let pids = lock(&self.0);
        let mut found = system::children(std::process::id()).unwrap_or_default();
        found.retain(|pid| !pids.contains(pid));
        found.iter().for_each(|pid| system::reap(*pid));
        found
    }

    /// What was left behind and executes this program.
    fn orphans(&self, program: FileIdentity) -> Vec<u32> {
        let is_same = |pid: &u32| {
            let path = Utf8PathBuf::try_from(system::executable(*pid)).ok();
            path.and_then(|path| FileIdentity::of_path(&path).ok()) == Some(program)
        };
        let mut found = self.others();
        found.retain(is_same);
        found
    }
}

/// Kills what a service left in its session, or what it left behind and executes the same
/// program; it has ended and is not waited for.
///
/// What cannot be ended is found by whoever looks for leftovers.
pub(super) fn end_remains(leader: u32, program: FileIdentity, pids: &Pids) {
    let _ = signal_group(leader, SIGKILL);
    let _ = wait::until("ending what it started", KILLED, &Interrupt::default(), || {
        let mut left = system::session_members(leader)?;
        left.extend(pids.orphans(program));
        for process in &left {
            signal_process(*process, SIGKILL)?;
        }
        Ok(match left.first() {
            Some(pid) => Poll::Pending(format!("process {pid}")),
            None => Poll::Ready(()),
        })
    });
}

/// The process in which a service goes on that has ended, in words: it is in its session,
/// or was left behind and executes the same program.
pub(super) fn background(leader: u32, program: FileIdentity, pids: &Pids) -> Option<String> {
    let members = system::session_members(leader).unwrap_or_default();
    let found = members.first().copied().or_else(|| pids.orphans(program).first().copied())?;
    Some(format!("process {found} ({})", system::command(found)))
}
