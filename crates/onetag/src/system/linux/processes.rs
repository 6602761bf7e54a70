//! Processes: what they are, whose they are, whether they go on.

use std::fs;
use std::io;
use std::path::PathBuf;

use camino::Utf8Path;
use rustix::io::retry_on_intr;
use rustix::process::{
    WaitId, WaitIdOptions, WaitIdStatus, WaitOptions, getpid, set_child_subreaper,
    set_parent_process_death_signal, waitid, waitpid,
};

use crate::system::process::{named_signal, pid};
use crate::system::tail::printable;

/// How many bytes of a command line are shown.
const MAX_COMMAND: usize = 200;

/// Names this boot of the machine: process ids start anew with each.
pub(crate) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// How much memory programs can have without swapping, in bytes (proc(5), `MemAvailable`);
/// that of the whole machine, whatever a container of ours is limited to.
pub(crate) fn available_memory() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

/// When a process started, in clock ticks since boot; none if it is gone.
///
/// Together with the process id and the boot id it names one process for good
/// (proc(5), field 22). A zombie counts as gone: nothing of it runs any more.
pub(crate) fn start_time(pid: u32) -> Option<String> {
    let stat = Stat::of(pid)?;
    stat.runs().then(|| stat.field(22))?
}

/// The parent of a process; none if it is gone.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    Stat::of(pid)?.field(4)?.parse().ok()
}

/// The session that a process is in, by its leader: 0 where that is outside of what can be
/// seen, as in a container.
pub(crate) fn session(pid: u32) -> Option<String> {
    Stat::of(pid)?.field(6)
}

/// The name of a process, which is that of its program unless it chose another.
pub(crate) fn name(pid: u32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_owned())
}

/// The file that a process executes, even when its name is gone.
pub(crate) fn executable(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/exe"))
}

/// The processes whose working folder is this one; those that must not be looked into are
/// not seen.
pub(crate) fn working_in(folder: &Utf8Path) -> io::Result<Vec<u32>> {
    let works = |pid: &u32| {
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|path| path == folder.as_std_path())
    };
    Ok(pids()?.into_iter().filter(works).collect())
}

/// Whether a process runs that must not be looked into: it is of another user, or
/// asked for it (prctl(2), `PR_SET_DUMPABLE`).
pub(crate) fn is_hidden(pid: u32) -> bool {
    let link = fs::read_link(executable(pid));
    link.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// This program, even when cargo has replaced its file meanwhile.
pub(crate) fn own_executable() -> io::Result<PathBuf> {
    Ok(PathBuf::from("/proc/self/exe"))
}

/// This program, for others to execute as long as this process lives; even when
/// cargo has replaced its file meanwhile.
pub(crate) fn own_path() -> io::Result<PathBuf> {
    Ok(executable(std::process::id()))
}

/// Has the kernel send this process a signal when the thread that started it
/// ends.
///
/// A parent that ended before this call is not noticed by the kernel, so the
/// caller says who the parent has to be.
pub(crate) fn signal_with_parent(parent: u32, signal: i32) -> io::Result<()> {
    set_parent_process_death_signal(Some(named_signal(signal)?))?;
    if std::os::unix::process::parent_id() == parent {
        return Ok(());
    }
    Err(io::Error::other("the parent ended meanwhile"))
}

/// Has the kernel make this process the parent of what processes below it leave behind
/// when they end.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// The children of a process, be it that they have ended.
pub(crate) fn children(of: u32) -> io::Result<Vec<u32>> {
    Ok(pids()?.into_iter().filter(|pid| parent(*pid) == Some(of)).collect())
}

/// Takes note of the end of a child of this process that nobody waits for, if it has
/// ended.
pub(crate) fn reap(child: u32) {
    let _ = pid(child).map(|child| waitpid(Some(child), WaitOptions::NOHANG));
}

/// Waits until a child of this process has ended, and leaves it to be waited
/// for: until then its number is given to nobody else.
pub(crate) fn wait_for_end(child: u32) {
    let _ = wait_for(child, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
}

/// Whether nothing of a child of this process moves any more after SIGSTOP: the
/// kernel tells its parent once the last thread has halted, and tells it once.
pub(crate) fn has_halted(child: u32) -> io::Result<bool> {
    let told = wait_for(child, WaitIdOptions::STOPPED | WaitIdOptions::NOHANG)?;
    Ok(told.is_some())
}

/// Whether a process runs and was not halted.
pub(crate) fn moves(pid: u32) -> bool {
    let state = Stat::of(pid).filter(Stat::runs).and_then(|stat| stat.field(3));
    state.is_some_and(|state| !state.eq_ignore_ascii_case("t"))
}

fn wait_for(child: u32, options: WaitIdOptions) -> io::Result<Option<WaitIdStatus>> {
    let child = pid(child)?;
    Ok(retry_on_intr(|| waitid(WaitId::Pid(child), options))?)
}

/// Whether this process ignores a signal.
pub(crate) fn is_ignored(signal: i32) -> bool {
    is_in_mask("self", "SigIgn:", signal)
}

/// Whether a process has a handler for a signal.
pub(crate) fn handles(pid: u32, signal: i32) -> bool {
    is_in_mask(&pid.to_string(), "SigCgt:", signal)
}

/// Whether this process may raise limits of resources: it has CAP_SYS_RESOURCE
/// (capabilities(7)).
pub(crate) fn may_raise_limits() -> bool {
    const CAP_SYS_RESOURCE: u32 = 24;
    mask("self", "CapEff:") >> CAP_SYS_RESOURCE & 1 == 1
}

fn is_in_mask(pid: &str, key: &str, signal: i32) -> bool {
    mask(pid, key) >> (signal - 1) & 1 == 1
}

/// One of the masks in proc(5) `status`.
fn mask(pid: &str, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix(key));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Processes whose environment names `owner` under `key`, with their commands.
///
/// Processes of other users cannot be looked into and are passed over.
pub(crate) fn owned_by(key: &str, owner: &str) -> io::Result<Vec<(u32, String)>> {
    let owned = pids()?.into_iter().filter(|pid| is_owned_by(*pid, key, owner));
    Ok(owned.map(|pid| (pid, command(pid))).collect())
}

/// Whether the environment of a process names `owner` under `key`, be it as one
/// of several, separated by commas.
pub(crate) fn is_owned_by(pid: u32, key: &str, owner: &str) -> bool {
    variable(pid, key).is_some_and(|value| value.split(',').any(|one| one == owner))
}

/// A variable of a process's environment, as it was when it was started.
pub(crate) fn variable(pid: u32, key: &str) -> Option<String> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut values = environ
        .split(|byte| *byte == 0)
        .filter_map(|variable| variable.strip_prefix(key.as_bytes())?.strip_prefix(b"="));
    values.next().map(|value| String::from_utf8_lossy(value).into_owned())
}

/// The command line of a process, for people.
pub(crate) fn command(pid: u32) -> String {
    let cmdline = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    printable(String::from_utf8_lossy(&cmdline).replace('\0', " ").trim(), MAX_COMMAND)
}

/// The living processes of the session that `leader` leads or led, itself included
/// (proc(5), field 6).
pub(crate) fn session_members(leader: u32) -> io::Result<Vec<u32>> {
    let leader = leader.to_string();
    let is_member =
        |stat: Stat| stat.runs() && stat.field(6).is_some_and(|session| session == leader);
    Ok(pids()?.into_iter().filter(|pid| Stat::of(*pid).is_some_and(is_member)).collect())
}

pub(super) fn pids() -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        found.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(found)
}

/// `/proc/<pid>/stat`, behind the command: that stands in parentheses and may hold
/// anything.
struct Stat(String);

impl Stat {
    fn of(pid: u32) -> Option<Stat> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some(Stat(stat[stat.rfind(')')? + 1..].to_owned()))
    }

    /// A field by its number in proc(5), from 3 on.
    fn field(&self, number: usize) -> Option<String> {
        self.0.split_ascii_whitespace().nth(number - 3).map(str::to_owned)
    }

    fn runs(&self) -> bool {
        self.field(3).is_some_and(|state| state != "Z" && state != "X")
    }
}
