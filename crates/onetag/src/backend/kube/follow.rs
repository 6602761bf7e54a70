//! A kubectl that goes on until it is told to end: a watch, a log, a forwarded port.

use std::io::Write as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::Context as _;

use crate::backend::lock;
use crate::system::launch::{GO, Launched, gate};
use crate::system::own_executable;

/// It ends when this is dropped, and with the keeper, whatever ends that.
#[derive(Debug)]
pub(super) struct Followed(Arc<Mutex<Child>>);

impl Followed {
    /// Starts a command, and has what it prints read on a thread of its own, which ends the
    /// command when it has read enough.
    ///
    /// The kernel ends the command with the thread that started it.
    pub(super) fn start(
        command: &Command,
        read: impl FnOnce(ChildStdout) + Send + 'static,
    ) -> anyhow::Result<Followed> {
        let mut gated = gated(command)?;
        let (sender, started) = mpsc::channel();
        let follow = move || {
            let spawned = spawn(&mut gated);
            let (child, stdout) = match spawned {
                Ok((child, stdout)) => (Arc::new(Mutex::new(child)), stdout),
                Err(error) => return drop(sender.send(Err(error))),
            };
            let _ = sender.send(Ok(Arc::clone(&child)));
            read(stdout);
            let mut child = lock(&child);
            let _ = child.kill().and_then(|()| child.wait());
        };
        let name = command.get_program().to_string_lossy();
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let thread = thread::Builder::new().name(name).spawn(follow);
        thread.context("cannot start a thread")?;
        Ok(Followed(started.recv().context("a thread ended")??))
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        // Its thread waits for it.
        let _ = lock(&self.0).kill();
    }
}

/// Through the gate, which ties it to the thread that spawns it.
fn gated(command: &Command) -> anyhow::Result<Command> {
    let mut gated = Command::new(own_executable()?);
    gated.args(gate(Launched::Service, None)).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        gated.envs(value.map(|value| (key, value)));
    }
    gated.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(gated)
}

fn spawn(command: &mut Command) -> anyhow::Result<(Child, ChildStdout)> {
    let mut child = command.spawn().context("cannot start kubectl")?;
    let mut stdin = child.stdin.take().context("it has no standard input")?;
    let stdout = child.stdout.take().context("it has no standard output")?;
    stdin.write_all(GO).context("cannot release the child process")?;
    Ok((child, stdout))
}
