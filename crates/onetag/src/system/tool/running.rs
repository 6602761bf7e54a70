//! A command that runs: letting it go, minding it, and ending all of it.

use std::io::Write as _;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use signal_hook::consts::{SIGINT, SIGKILL, SIGTERM};

use super::ProcessRecord;
use super::command::Watch;
use crate::system::launch::GO;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Deadline, Poll};
use crate::system::{self, ProcessId, signal_group, signal_process, wait_for_end};

/// How long a command may go on after it was asked to end.
///
/// Nextest gives its tests ten seconds before it ends by itself.
const GRACE: Duration = Duration::from_secs(15);

/// How long the kernel may take to end what was killed.
const KILLED: Duration = Duration::from_secs(5);

/// A command that was started. Where it is tied to the harness, it waits at the gate until
/// [`Running::go`].
pub(super) struct Running<'a> {
    child: Child,
    pid: u32,
    name: String,
    records: Vec<&'a dyn ProcessRecord>,
    /// Whether it leads a session, not only a group.
    leads_session: bool,
    input: Option<Vec<u8>>,
    /// What was written down.
    id: Option<ProcessId>,
    /// Hears once it has ended. It is not waited for yet then: until it is, its
    /// number, its group and its session are its own.
    end: Receiver<()>,
}

impl<'a> Running<'a> {
    pub(super) fn new(
        child: Child,
        name: String,
        records: Vec<&'a dyn ProcessRecord>,
        leads_session: bool,
        input: Option<Vec<u8>>,
    ) -> Running<'a> {
        let (ended, end) = mpsc::channel();
        let pid = child.id();
        thread::spawn(move || {
            wait_for_end(pid);
            ended.send(())
        });
        Running { child, pid, name, records, leads_session, input, id: None, end }
    }

    /// Writes it into the ledgers, and only then lets it become what it is. What it reads is
    /// written by a thread of its own, which ends with it.
    ///
    /// One that was ended at the gate is none of its errors: its status tells.
    pub(super) fn go(&mut self) -> anyhow::Result<()> {
        let Some(mut stdin) = self.child.stdin.take() else { return Ok(()) };
        let Ok(id) = ProcessId::of(self.pid) else { return Ok(()) };
        self.id = Some(id.clone());
        for record in &self.records {
            record.started(&self.name, &id)?;
        }
        let go = if self.leads_session { GO } else { &[] };
        match stdin.write_all(go) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                return Err(error).context("cannot release the child process");
            }
            _ => {}
        }
        if let Some(input) = self.input.take() {
            // One that does not read all of it says itself why.
            thread::spawn(move || stdin.write_all(&input));
        }
        Ok(())
    }

    /// Waits for the end, passing on every signal, and minding the deadline and what is
    /// watched.
    pub(super) fn supervise(
        &self,
        limit: Duration,
        interrupt: &Interrupt,
        watch: &mut Watch<'_>,
    ) -> anyhow::Result<()> {
        let deadline = Deadline::within(limit);
        let mut asked_to_end: Option<Deadline> = None;
        let mut lost = None;
        let mut passed_on = 0;
        loop {
            match self.end.recv_timeout(Duration::from_millis(20)) {
                Ok(()) => {
                    interrupt.check()?;
                    // Also what was lost at the very end.
                    lost.map_or_else(watch, Err)?;
                    if asked_to_end.is_some() {
                        bail!("it took longer than {limit:?} and was ended");
                    }
                    return Ok(());
                }
                Err(RecvTimeoutError::Disconnected) => bail!("the thread that waits for it ended"),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if asked_to_end.is_none() {
                lost = watch().err();
            }
            if interrupt.count() > passed_on {
                // At the gate it may not lead its group yet: the next look is soon.
                if signal_group(self.pid, interrupt.signal().unwrap_or(SIGINT))? {
                    passed_on += 1;
                    asked_to_end.get_or_insert(Deadline::within(GRACE));
                }
            } else if asked_to_end.is_none() && (lost.is_some() || deadline.passed()) {
                if signal_group(self.pid, SIGTERM)? {
                    asked_to_end = Some(Deadline::within(GRACE));
                }
            } else if asked_to_end.as_ref().is_some_and(Deadline::passed) {
                interrupt.check()?;
                lost.map_or(Ok(()), Err)?;
                bail!("it took longer than {limit:?} and did not end when asked");
            }
        }
    }

    /// Ends what is left of it: itself if it is to be killed, and all that it
    /// started and left behind, which would go on unseen, unless it is to leave others.
    pub(super) fn end(&mut self, kill: bool, leaves_others: bool) -> anyhow::Result<ExitStatus> {
        if kill {
            signal_process(self.pid, SIGKILL)?;
            if let Err(RecvTimeoutError::Timeout) = self.end.recv_timeout(GRACE) {
                bail!("it did not end within {GRACE:?} of being killed");
            }
        }
        match self.leads_session {
            _ if leaves_others && !kill => {}
            true => end_session(self.pid)?,
            false => drop(signal_group(self.pid, SIGKILL)?),
        }
        let status = self.child.wait().context("cannot wait for it")?;
        if let Some(id) = self.id.take() {
            for record in &self.records {
                record.ended(&self.name, &id)?;
            }
        }
        Ok(status)
    }
}

/// Kills all that is left of the session of a process that has ended and is not
/// waited for: tests of a nextest that was killed lead groups of their own.
fn end_session(leader: u32) -> anyhow::Result<()> {
    let what = "ending what a command left behind";
    wait::until(what, KILLED, &Interrupt::default(), || {
        let left = system::session_members(leader)?;
        for pid in &left {
            signal_process(*pid, SIGKILL)?;
        }
        Ok(match left.first() {
            None => Poll::Ready(()),
            Some(pid) => Poll::Pending(format!("process {pid} ({})", system::command(*pid))),
        })
    })
}
