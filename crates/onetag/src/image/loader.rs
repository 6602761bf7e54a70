//! Asks a program's own loader which libraries it would load.
//!
//! Nothing else knows: the answer depends on run paths, caches, hardware
//! capabilities and on what the libraries need in turn. This module is for
//! Linux alone.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags};

/// Listing takes a few milliseconds; this is for a machine that swaps.
const DEADLINE: Duration = Duration::from_secs(20);

/// A library as the loader found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The name by which it was asked for; none when that was a path, as it is
    /// for the loader itself.
    pub(crate) name: Option<String>,
    /// Where it is.
    pub(crate) path: Utf8PathBuf,
}

/// What `interpreter` would load to run `binary`.
///
/// The environment is empty, so `LD_LIBRARY_PATH` and `LD_PRELOAD` have no say:
/// in an image they will not have one either.
///
/// # Errors
///
/// When the loader is missing, does not find a library, or does not answer.
pub(crate) fn list(interpreter: &Utf8Path, binary: &Utf8Path) -> anyhow::Result<Vec<Found>> {
    // Without a slash the loader would search for it.
    let absolute =
        camino::absolute_utf8(binary).with_context(|| format!("cannot locate `{binary}`"))?;
    let mut command = Command::new(interpreter);
    command.arg("--list").arg(&absolute).env_clear();
    let (status, listing, complaint) = output(&mut command, DEADLINE).map_err(|error| {
        anyhow!(
            "`{interpreter}`, the loader that `{binary}` asks for, {error:#}\n\
             hint: install it, or build `{binary}` for this machine"
        )
    })?;
    // glibc begins with the program's path, and with a phrase that says less
    // than ours.
    let complaint = complaint.trim().trim_start_matches(absolute.as_str());
    let complaint = complaint.trim_start_matches(": ");
    let complaint = complaint.trim_start_matches("error while loading shared libraries: ");
    if !status.success() && complaint.is_empty() {
        bail!(
            "`{interpreter} --list {absolute}` says nothing and ends with {status}\n\
             hint: `{binary}` may be damaged; build it again"
        );
    }
    let (found, missing) = parse(&listing);
    let astray = match &missing[..] {
        [] if status.success() => return Ok(found),
        [] => complaint.to_owned(),
        missing => missing.join(", "),
    };
    bail!(
        "`{binary}` needs a shared library that its loader does not find: {astray}\n\
         hint: install the package that has it, or link it statically; \
         LD_LIBRARY_PATH is left out on purpose, because no image would have it"
    );
}

/// Reads the listing of glibc's and musl's loaders, found and missing.
///
/// The lines are `name => path (address)`, `name => not found`, `path
/// (address)`, and a name without a path for what the kernel provides.
fn parse(listing: &str) -> (Vec<Found>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for line in listing.lines().map(str::trim) {
        let (name, rest) = match line.split_once(" => ") {
            Some((name, rest)) => (Some(name.to_owned()), rest),
            None => (None, line),
        };
        let path = rest.rsplit_once(" (0x").map_or(rest, |(path, _)| path);
        if path.starts_with('/') {
            let name = name.filter(|name| !name.starts_with('/'));
            found.push(Found {
                name,
                path: path.into(),
            });
        } else if path == "not found" {
            missing.extend(name);
        }
    }
    (found, missing)
}

/// Runs `command` to its end or for `deadline`, whichever is first.
fn output(
    command: &mut Command,
    deadline: Duration,
) -> anyhow::Result<(ExitStatus, String, String)> {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| anyhow!("cannot be started: {error}"))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let ended = ends_within(&child, deadline);
    if !matches!(ended, Ok(true)) {
        // It is our child and not yet waited for, so the number is still its.
        let _ = child.kill();
    }
    let status = child.wait()?;
    let [stdout, stderr] = [stdout, stderr].map(|thread| thread.join().unwrap_or_default());
    if !ended? {
        let last = stderr
            .lines()
            .chain(stdout.lines())
            .last()
            .unwrap_or("nothing");
        bail!(
            "did not end within {} s and last said: {last}",
            deadline.as_secs_f32()
        );
    }
    Ok((status, stdout, stderr))
}

/// Reads in a thread of its own, lest the child wait for room in a pipe.
fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is all there is to show.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Whether the child ends before the deadline; it is not waited for yet.
fn ends_within(child: &Child, deadline: Duration) -> anyhow::Result<bool> {
    let end = Instant::now() + deadline;
    let pid = rustix::process::pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    loop {
        let left = Timespec::try_from(end.saturating_duration_since(Instant::now()))?;
        let mut fds = [PollFd::new(&pid, PollFlags::IN)];
        match rustix::event::poll(&mut fds, Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::{assert_debug_snapshot, assert_snapshot};

    #[test]
    fn the_listing_of_glibc() {
        let (found, missing) = parse(
            "\tlinux-vdso.so.1 (0x00007efe03819000)\n\
             \tlibf.so.1 => /opt/my libs (0x2)/libf.so.1 (0x00007efe037b4000)\n\
             \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007efe035d2000)\n\
             \tlibgone.so.1 => not found\n\
             \t/lib64/ld-linux-x86-64.so.2 (0x00007efe0381b000)\n",
        );
        let found = Vec::from_iter(
            found
                .iter()
                .map(|found| (found.name.as_deref(), found.path.as_str())),
        );
        assert_debug_snapshot!(found, @r#"
        [
            (
                Some(
                    "libf.so.1",
                ),
                "/opt/my libs (0x2)/libf.so.1",
            ),
            (
                Some(
                    "libc.so.6",
                ),
                "/lib/x86_64-linux-gnu/libc.so.6",
            ),
            (
                None,
                "/lib64/ld-linux-x86-64.so.2",
            ),
        ]
        "#);
        assert_eq!(missing, ["libgone.so.1"]);
    }

    #[test]
    fn the_listing_of_musl() {
        let (found, missing) = parse(
            "\t/lib/ld-musl-x86_64.so.1 (0x7f1e7c5d6000)\n\
             \tlibc.so => /lib/ld-musl-x86_64.so.1 (0x7f1e7c5d6000)\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].name.as_deref(), Some("libc.so"));
        assert_eq!(found[1].path, "/lib/ld-musl-x86_64.so.1");
        assert!(missing.is_empty());
    }

    #[test]
    fn a_static_program_has_no_libraries() {
        assert_eq!(parse("\tstatically linked\n"), (vec![], vec![]));
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let mut command = Command::new("tail");
        command.args(["-f", "/dev/null"]);
        let error = output(&mut command, Duration::from_millis(50)).unwrap_err();
        assert_snapshot!(error, @"did not end within 0.05 s and last said: nothing");
    }

    #[test]
    fn much_output_does_not_block() {
        let mut command = Command::new("head");
        command.args(["-c", "1000000", "/dev/zero"]);
        let (status, stdout, stderr) = output(&mut command, DEADLINE).unwrap();
        assert!(status.success());
        assert_eq!((stdout.len(), stderr.len()), (1_000_000, 0));
    }

    #[test]
    fn a_missing_loader_is_named() {
        let error = list("/nowhere/ld.so".into(), "/bin/program".into()).unwrap_err();
        assert_snapshot!(format!("{error:#}"), @r"
        `/nowhere/ld.so`, the loader that `/bin/program` asks for, cannot be started: No such file or directory (os error 2)
        hint: install it, or build `/bin/program` for this machine
        ");
    }
}
