//! Running commands and services, none of which outlives the bench.

use std::io::{Read as _, Seek as _};
use std::ops::ControlFlow::{self, Break, Continue};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use xshell::Cmd;

use crate::Host;

/// How long one command may take: the first one builds everything.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// How long a process may go on after it was asked to end.
const GRACE: Duration = Duration::from_secs(25);

/// The pause between two probes: short beside what is measured.
const PROBE_INTERVAL: Duration = Duration::from_millis(1);

/// How many lines of a command that failed are shown.
const LINES: usize = 40;

/// Ends the process group `$1` when standard input ends, which is when the bench
/// does, whatever ended it. Nextest gives its tests ten seconds.
const GUARD: &str = r#"
read -r _
kill -s TERM -- "-$1"
left=200
while [ $left -gt 0 ] && kill -s 0 -- "-$1"; do
    sleep 0.1
    left=$((left - 1))
done
kill -s KILL -- "-$1"
"#;

/// All that a bench starts: one process group, ended when this is dropped.
pub(crate) struct Processes<'a> {
    pub(crate) host: &'a dyn Host,
    /// Does nothing; as long as it is not waited for, the group is its own.
    leader: Child,
    guard: Child,
}

impl Processes<'_> {
    /// Starts the group, and its guard outside of it.
    pub(crate) fn start(host: &dyn Host) -> anyhow::Result<Processes<'_>> {
        let helper = |arguments: &[&str]| {
            let mut command = Command::new("/bin/sh");
            command.arg("-c").args(arguments).process_group(0);
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().context("cannot start /bin/sh")
        };
        let leader = helper(&["read -r _"])?;
        let guard = helper(&[GUARD, "guard", &leader.id().to_string()])?;
        Ok(Processes { host, leader, guard })
    }

    /// Starts a command without input in the group.
    pub(crate) fn spawn(&self, command: &mut Command) -> anyhow::Result<Child> {
        let group = Pid::from_child(&self.leader);
        let child =
            command.stdin(Stdio::null()).process_group(group.as_raw_nonzero().get()).spawn();
        child.with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))
    }

    /// Runs a command to its end; gives what it wrote to stdout.
    pub(crate) fn run(&self, command: Cmd<'_>) -> anyhow::Result<Vec<u8>> {
        let line = command.to_string();
        let mut command = Command::from(command);
        self.host.scrub(&mut command);
        // Files, since a full pipe would block the command.
        let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
        command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
        let mut child = self.spawn(&mut command)?;
        let ended = wait(&mut child, &line, LIMIT, || self.host.check());
        if ended.is_err() {
            let _ = end(&mut child, &line);
        }
        let mut bytes = Vec::new();
        let status = ended?;
        if !status.success() {
            stderr.rewind()?;
            stderr.read_to_end(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.trim_end().lines().collect();
            let last = lines[lines.len().saturating_sub(LINES)..].join("\n  ");
            bail!("`{line}` failed, {status}:\n  {last}");
        }
        stdout.rewind()?;
        stdout.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Drop for Processes<'_> {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.leader), Signal::KILL);
        let _ = self.leader.wait();
        // Nothing is left for it to do.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
    }
}

/// Asks a process to end and waits for that; kills it if it does not.
pub(crate) fn end(child: &mut Child, name: &str) -> anyhow::Result<()> {
    kill_process(Pid::from_child(child), Signal::TERM)
        .with_context(|| format!("cannot end `{name}`"))?;
    // Whoever asked for the end of the bench waits for this, too.
    let ended = wait(child, &format!("ending `{name}`"), GRACE, || Ok(()));
    if ended.is_err() {
        child.kill()?;
        child.wait()?;
    }
    ended.map(drop)
}

fn wait(
    child: &mut Child,
    what: &str,
    limit: Duration,
    check: impl Fn() -> anyhow::Result<()>,
) -> anyhow::Result<ExitStatus> {
    until(what, limit, check, || {
        Ok(child.try_wait()?.map_or_else(|| Continue("it runs".to_owned()), Break))
    })
}

/// Probes until the condition holds: [`Break`] has what came of it, [`Continue`]
/// what was seen instead.
///
/// # Errors
///
/// That of a probe, or of `check`, at once; after `limit` what was seen last.
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    check: impl Fn() -> anyhow::Result<()>,
    mut probe: impl FnMut() -> anyhow::Result<ControlFlow<T, String>>,
) -> anyhow::Result<T> {
    let started = Instant::now();
    loop {
        let last = match probe()? {
            Break(value) => return Ok(value),
            Continue(last) => last,
        };
        check()?;
        let in_time = started.elapsed() < limit;
        ensure!(in_time, "{what} took longer than {limit:?}; last seen: {last}");
        std::thread::sleep(PROBE_INTERVAL);
    }
}
