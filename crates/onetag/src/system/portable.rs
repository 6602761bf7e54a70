//! The same answers through `ps` and the standard library, for systems without
//! `/proc`. What they cannot promise: that a service dies with its keeper and a
//! tool with the harness, that a leftover is found by its environment or by its
//! session, that a replaced executable is seen.
#![cfg_attr(target_os = "linux", expect(dead_code, reason = "only compiled here for its tests"))]

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use camino::Utf8Path;

fn ps(column: &str, pid: u32) -> Option<String> {
    let output = Command::new("ps").args(["-o", column, "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Names this boot of the machine by the start of its first process.
pub(crate) fn boot_id() -> io::Result<String> {
    ps("lstart=", 1).ok_or_else(|| io::Error::other("`ps -o lstart= -p 1` gives no answer"))
}

/// Not to be had here.
pub(crate) fn available_memory() -> Option<u64> {
    None
}

/// When a process started, in words; none if it is gone or a zombie.
pub(crate) fn start_time(pid: u32) -> Option<String> {
    let state = ps("stat=", pid)?;
    if state.starts_with('Z') { None } else { ps("lstart=", pid) }
}

/// The parent of a process; none if it is gone.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    ps("ppid=", pid)?.parse().ok()
}

/// The session that a process is in.
pub(crate) fn session(pid: u32) -> Option<String> {
    ps("sess=", pid)
}

/// The path of a process's program; none if it is gone.
pub(crate) fn name(pid: u32) -> Option<String> {
    ps("comm=", pid)
}

/// Not to be had here: what a process leaves behind gets no new parent.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

/// Not to be had here: only those would be told that were adopted.
pub(crate) fn children(_of: u32) -> io::Result<Vec<u32>> {
    Ok(Vec::new())
}

/// Nothing is adopted here.
pub(crate) fn reap(_child: u32) {}

/// The file that a process was started from.
pub(crate) fn executable(pid: u32) -> PathBuf {
    PathBuf::from(ps("comm=", pid).unwrap_or_default())
}

/// Not to be had here: what a process executes is never hidden.
pub(crate) fn is_hidden(_pid: u32) -> bool {
    false
}

/// Not to be had here: engines run in a machine of their own.
pub(crate) fn may_raise_limits() -> bool {
    true
}

/// Not to be had here.
pub(crate) fn handles(_pid: u32, _signal: i32) -> bool {
    true
}

/// Not to be had here: nothing is found.
pub(crate) fn listening_in(_pid: u32) -> Vec<SocketAddr> {
    Vec::new()
}

/// Not to be had here: nothing is found.
pub(crate) fn listening_addresses(_pids: &[u32]) -> Vec<SocketAddr> {
    Vec::new()
}

/// This program.
pub(crate) fn own_executable() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// This program, for others.
pub(crate) fn own_path() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Not to be had here; the keeper and the ledger do without it.
pub(crate) fn signal_with_parent(_parent: u32, _signal: i32) -> io::Result<()> {
    Ok(())
}

/// Not to be had here.
pub(crate) fn working_in(_folder: &Utf8Path) -> io::Result<Vec<u32>> {
    Ok(Vec::new())
}

/// Looks again and again until a child of this process is gone or a zombie.
pub(crate) fn wait_for_end(child: u32) {
    while start_time(child).is_some() {
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Whether a process is halted.
pub(crate) fn has_halted(child: u32) -> io::Result<bool> {
    Ok(ps("stat=", child).is_some_and(|state| state.starts_with('T')))
}

/// Whether a process runs and was not halted.
pub(crate) fn moves(pid: u32) -> bool {
    ps("stat=", pid).is_some_and(|state| !state.starts_with(['T', 't', 'Z', 'X']))
}

/// Whether this process ignores a signal.
pub(crate) fn is_ignored(signal: i32) -> bool {
    let mask = ps("ignored=", std::process::id());
    let mask = mask.and_then(|mask| u64::from_str_radix(&mask, 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

/// Not to be had here: nothing is found.
pub(crate) fn owned_by(_key: &str, _owner: &str) -> io::Result<Vec<(u32, String)>> {
    Ok(Vec::new())
}

/// Not to be had here: nobody is.
pub(crate) fn is_owned_by(_pid: u32, _key: &str, _owner: &str) -> bool {
    false
}

/// Not to be had here.
pub(crate) fn variable(_pid: u32, _key: &str) -> Option<String> {
    None
}

/// The command line of a process, for people.
pub(crate) fn command(pid: u32) -> String {
    ps("command=", pid).unwrap_or_default()
}

/// Only the leader is found here, while it lives.
pub(crate) fn session_members(leader: u32) -> io::Result<Vec<u32>> {
    Ok(start_time(leader).map(|_| leader).into_iter().collect())
}

/// Not to be had here: nobody is known to.
pub(crate) fn listeners(_port: u16) -> Vec<u32> {
    Vec::new()
}

#[cfg(test)]
#[path = "portable_tests.rs"]
mod tests;
