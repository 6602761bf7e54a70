//! A kubectl that goes on until it is told to end: a watch, a log, a forwarded port.

use std::io::Write as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::Context as _;
use signal_hook::consts::SIGKILL;

use crate::backend::lock;
use crate::backend::process::PROCESS;
use crate::report::Ui;
use crate::run::RunId;
use crate::run::ledger::{BackendResource, Ledger};
use crate::system::launch::{GO, Launched, gate};
use crate::system::{ProcessId, own_executable, signal_group};

/// It ends when this is dropped, and with the keeper, whatever ends that.
#[derive(Debug)]
pub(super) struct KubectlStream(Arc<Mutex<Running>>);

/// A session of its own: `kubectl` may be a program that starts another one.
#[derive(Debug)]
struct Running {
    child: Child,
    /// Nobody else has its number as long as it was not waited for.
    has_ended: bool,
}

impl Running {
    fn kill(&mut self) {
        if !self.has_ended {
            let _ = signal_group(self.child.id(), SIGKILL);
        }
    }
}

impl KubectlStream {
    /// Starts a command, and has what it prints read on a thread of its own, which ends the
    /// command when it has read enough.
    ///
    /// The kernel ends the command with the thread that started it. What the command has
    /// started itself is found by the ledger.
    pub(super) fn start(
        command: &Command,
        run_id: RunId,
        ledger: Ledger,
        read: impl FnOnce(ChildStdout) + Send + 'static,
    ) -> anyhow::Result<KubectlStream> {
        let mut gated = gated(command, run_id)?;
        let (sender, started) = mpsc::channel();
        let follow = move || {
            let (running, stdout, resource) = match spawn(&mut gated, &ledger) {
                Ok(started) => started,
                Err(error) => return drop(sender.send(Err(error))),
            };
            let running = Arc::new(Mutex::new(running));
            let _ = sender.send(Ok(Arc::clone(&running)));
            read(stdout);
            let mut running = lock(&running);
            running.kill();
            running.has_ended = running.child.wait().is_ok();
            // A teardown finds that it is gone as well.
            if let Err(error) = ledger.released(&resource) {
                Ui::stderr().line(format!("{error:#}"));
            }
        };
        let thread = thread::Builder::new().name("kubectl".to_owned()).spawn(follow);
        thread.context("cannot start a thread")?;
        Ok(KubectlStream(started.recv().context("a thread ended")??))
    }
}

impl Drop for KubectlStream {
    fn drop(&mut self) {
        // Its thread waits for it.
        lock(&self.0).kill();
    }
}

/// Through the gate, which ties it to the thread that spawns it.
fn gated(command: &Command, run_id: RunId) -> anyhow::Result<Command> {
    let mut gated = Command::new(own_executable()?);
    gated.args(gate(Launched::Service, None)).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        gated.envs(value.map(|value| (key, value)));
    }
    gated.env(onetag_env::keys::OWNER, run_id.to_string());
    gated.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(gated)
}

fn spawn(
    command: &mut Command,
    ledger: &Ledger,
) -> anyhow::Result<(Running, ChildStdout, BackendResource)> {
    let mut child = command.spawn().context("cannot start kubectl")?;
    let mut go = || {
        let id = ProcessId::of(child.id()).context("cannot name the new process")?;
        let resource = BackendResource::new(PROCESS, "kubectl", serde_json::to_value(&id)?);
        ledger.owns(&resource)?;
        let mut stdin = child.stdin.take().context("it has no standard input")?;
        stdin.write_all(GO).context("cannot release the child process")?;
        let stdout = child.stdout.take().context("it has no standard output")?;
        Ok((stdout, resource))
    };
    match go() {
        Ok((stdout, resource)) => Ok((Running { child, has_ended: false }, stdout, resource)),
        Err(error) => {
            let _ = child.kill().and_then(|()| child.wait());
            Err(error)
        }
    }
}
