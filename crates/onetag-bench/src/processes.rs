//! Running commands and services, none of which outlives the bench.

use std::fs::File;
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

/// Processes that the bench starts, and a guard that outlives the bench by a little.
pub(crate) struct Group {
    /// Does nothing; as long as it is not waited for, the group is its own.
    leader: Child,
    guard: Child,
}

impl Group {
    /// Starts a group, and outside of it its guard: a script for the shell that learns
    /// the group as `$1`, and that the bench has ended from the end of its input.
    pub(crate) fn start(guard: &str, arguments: &[&str], host: &dyn Host) -> anyhow::Result<Group> {
        let leader = helper("read -r _", &[], host)?;
        let id = leader.id().to_string();
        let guard = helper(guard, &[&["guard", &id], arguments].concat(), host)?;
        Ok(Group { leader, guard })
    }

    /// Starts a command without input in the group.
    pub(crate) fn spawn(&self, command: &mut Command) -> anyhow::Result<Child> {
        let group = Pid::from_child(&self.leader);
        let child =
            command.stdin(Stdio::null()).process_group(group.as_raw_nonzero().get()).spawn();
        child.with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))
    }

    /// Runs commands side by side, each to its end; gives what they wrote to stdout.
    pub(crate) fn run(
        &self,
        commands: Vec<Cmd<'_>>,
        host: &dyn Host,
        limit: Duration,
        check: impl Fn() -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<Vec<u8>>> {
        let started = commands.into_iter().map(|command| Tool::start(self, command, host));
        // Also those that run beside one that failed.
        let started: Vec<_> = started.collect();
        let finish = |tool: anyhow::Result<Tool>| tool?.finish(limit, &check);
        let finished: Vec<_> = started.into_iter().map(finish).collect();
        finished.into_iter().collect()
    }

    /// Kills all of it, so that nothing is left to guard.
    fn kill(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.leader), Signal::KILL);
        let _ = self.leader.wait();
        let _ = self.guard.kill();
        let _ = self.guard.wait();
    }

    /// Lets the guard do what it does when the bench has ended, and waits for that;
    /// tells how it ended.
    pub(crate) fn end(mut self, what: &str, limit: Duration) -> anyhow::Result<ExitStatus> {
        drop(self.leader.stdin.take());
        let _ = self.leader.wait();
        drop(self.guard.stdin.take());
        wait(&mut self.guard, what, limit, || Ok(()))
    }
}

/// Starts a script for the shell in a group of its own.
fn helper(script: &str, arguments: &[&str], host: &dyn Host) -> anyhow::Result<Child> {
    let mut command = Command::new("/bin/sh");
    host.scrub(&mut command);
    command.args(["-c", script]).args(arguments).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().context("cannot start /bin/sh")
}

/// A command that runs.
struct Tool {
    line: String,
    child: Child,
    /// Files, since a full pipe would block the command.
    stdout: File,
    stderr: File,
}

impl Tool {
    fn start(group: &Group, command: Cmd<'_>, host: &dyn Host) -> anyhow::Result<Tool> {
        let line = command.to_string();
        let mut command = Command::from(command);
        host.scrub(&mut command);
        let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
        command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
        Ok(Tool { child: group.spawn(&mut command)?, line, stdout, stderr })
    }

    fn finish(
        self,
        limit: Duration,
        check: impl Fn() -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<u8>> {
        let Tool { line, mut child, mut stdout, mut stderr } = self;
        let ended = wait(&mut child, &line, limit, check);
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

/// All that a bench starts, but for the calls of an engine: ended when this is dropped.
pub(crate) struct Processes<'a> {
    pub(crate) host: &'a dyn Host,
    group: Group,
}

impl Processes<'_> {
    /// Starts the group, and its guard.
    pub(crate) fn start(host: &dyn Host) -> anyhow::Result<Processes<'_>> {
        Ok(Processes { host, group: Group::start(GUARD, &[], host)? })
    }

    /// Starts a command without input in the group.
    pub(crate) fn spawn(&self, command: &mut Command) -> anyhow::Result<Child> {
        self.group.spawn(command)
    }

    /// Runs a command to its end; gives what it wrote to stdout.
    pub(crate) fn run(&self, command: Cmd<'_>) -> anyhow::Result<Vec<u8>> {
        let written = self.group.run(vec![command], self.host, LIMIT, || self.host.check())?;
        Ok(written.concat())
    }
}

impl Drop for Processes<'_> {
    fn drop(&mut self) {
        self.group.kill();
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
