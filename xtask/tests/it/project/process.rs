//! Processes of this machine, as `/proc` shows them.

use std::fmt;
use std::fs;

use camino::Utf8Path;
use rustix::process::{Pid, Signal, kill_process};

use super::command::Running;
use crate::wait::{Look, until};

/// A process.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    arguments: Vec<String>,
    /// Clock ticks since boot: another process of the same number has another.
    start_time: String,
}

impl Process {
    /// All processes in whose environment this text stands.
    pub(crate) fn with_variables_like(text: &str) -> Vec<Process> {
        pids()
            .filter(|pid| {
                let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
                String::from_utf8_lossy(&environ).contains(text)
            })
            .filter_map(Process::of)
            .collect()
    }

    /// All processes that execute a file below this folder.
    pub(crate) fn executing_below(folder: &Utf8Path) -> Vec<Process> {
        let executes = |pid: &u32| {
            let path = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
            path.starts_with(folder)
        };
        pids().filter(executes).filter_map(Process::of).collect()
    }

    /// The process of this number; none if it has ended.
    pub(crate) fn of(pid: u32) -> Option<Process> {
        let cmdline = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        let arguments = cmdline.split_terminator('\0').map(str::to_owned).collect();
        Some(Process { pid, arguments, start_time: start_time(pid)? })
    }

    /// Whether it executes a program of this name, or is the keeper if that is
    /// the name.
    pub(crate) fn is(&self, name: &str) -> bool {
        let program = self.arguments.first().map_or("", String::as_str);
        let executed = program.rsplit('/').next() == Some(name);
        let is_keeper = self.arguments.get(1).is_some_and(|argument| argument == "keeper");
        executed || (name == "keeper" && is_keeper)
    }

    /// Its command line.
    pub(crate) fn shown(&self) -> String {
        self.arguments.join(" ")
    }

    /// Sends a signal, unless it has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).unwrap();
        if self.lives() {
            let _ = kill_process(pid, signal);
        }
    }

    /// Kills it and waits until it is gone.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
        self.wait_until_gone();
    }

    /// Kills this keeper and its harness, so that neither sees the other end and
    /// does what is its to do then.
    pub(crate) fn kill_with(&self, harness: &Running) {
        harness.signal(Signal::STOP);
        self.kill();
        harness.signal(Signal::KILL);
    }

    pub(crate) fn wait_until_gone(&self) {
        until(&format!("{self:?} is gone"), || match self.lives() {
            false => Look::Done(()),
            true => Look::NotYet("it runs".to_owned()),
        });
    }

    pub(crate) fn lives(&self) -> bool {
        start_time(self.pid).is_some_and(|time| time == self.start_time)
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({})", self.pid, self.arguments.join(" "))
    }
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Field 22 of proc(5) `stat`; none for a process that has ended, be it that
/// nobody has waited for it yet.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_owned))?
}
