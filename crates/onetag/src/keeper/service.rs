//! One service of the keeper: starting it, ending it, and its state.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use signal_hook::consts::{SIGCONT, SIGKILL, SIGSTOP, SIGTERM};

use super::protocol::{Launch, ServiceState};
use crate::run::RunId;
use crate::run::ledger::{Entry, Ledger, Resource, Role};
use crate::system::launch::{GO, Launched, gate};
use crate::system::wait::Deadline;
use crate::system::{ProcessId, has_halted, own_executable, signal_group, wait_for_end};

/// How long a service may take to stop before it is killed.
///
/// Services drain their requests for up to ten seconds, and flush what they
/// still hold after that.
const GRACE: Duration = Duration::from_secs(25);

/// How long the kernel may take to end a process that was killed, before it is
/// killed again.
const KILLED: Duration = Duration::from_secs(1);

/// A service that the keeper started at least once.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) launch: Launch,
    process: Option<Process>,
    last: ServiceState,
}

#[derive(Debug)]
struct Process {
    child: Child,
    id: ProcessId,
    /// Set once it was asked to end.
    stopping: Option<Deadline>,
    /// Whether it was asked to halt.
    paused: bool,
}

impl Service {
    /// Starts a service; `ended` is called from another thread when it ends.
    pub(super) fn start(
        launch: &Launch,
        run_id: RunId,
        ledger: &Ledger,
        ended: impl FnOnce(u32) + Send + 'static,
    ) -> anyhow::Result<(Service, ProcessId)> {
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&launch.readiness.log)
            .with_context(|| format!("cannot open the log {}", launch.readiness.log))?;
        let mut child = Command::new(own_executable()?)
            .args(gate(Launched::Service))
            .arg(&launch.executable)
            .args(&launch.args)
            .env_clear()
            .envs(&launch.environment)
            .env(onetag_env::keys::OWNER, run_id.to_string())
            .current_dir(&launch.folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().context("cannot share the log")?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start service `{}`", launch.service()))?;
        let id = ProcessId::of(child.id()).context("cannot name the new process")?;
        let go = ledger.own(process(launch.service(), &id)).and_then(|()| {
            let mut stdin = child.stdin.take().context("the new process has no standard input")?;
            stdin.write_all(GO).context("the new process does not listen")
        });
        if let Err(error) = go {
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
        watch(id.pid, ended)?;
        let last = ServiceState::Running { id: id.clone() };
        let process = Process { child, id: id.clone(), stopping: None, paused: false };
        Ok((Service { launch: launch.clone(), process: Some(process), last }, id))
    }

    pub(super) fn state(&self) -> ServiceState {
        match &self.process {
            Some(Process { id, paused: true, .. }) => ServiceState::Paused { id: id.clone() },
            _ => self.last.clone(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Asks the service to end, and kills it when it was asked long ago.
    ///
    /// Returns when to come back.
    pub(super) fn stop(&mut self, force: bool) -> anyhow::Result<Option<Deadline>> {
        let Some(process) = &mut self.process else {
            return Ok(None);
        };
        if force || process.stopping.as_ref().is_some_and(Deadline::passed) {
            signal_group(process.id.pid, SIGKILL)?;
            process.stopping = Some(Deadline::within(KILLED));
        } else if process.stopping.is_none() {
            signal_group(process.id.pid, SIGTERM)?;
            process.stopping = Some(Deadline::within(GRACE));
            if process.paused {
                // It cannot end in good order as long as it is halted.
                signal_group(process.id.pid, SIGCONT)?;
                process.paused = false;
            }
        }
        Ok(process.stopping)
    }

    /// Halts the service, or lets it go on.
    pub(super) fn pause(&mut self, pause: bool) -> anyhow::Result<()> {
        let process = self.process.as_mut().context("it does not run")?;
        signal_group(process.id.pid, if pause { SIGSTOP } else { SIGCONT })?;
        process.paused = pause;
        Ok(())
    }

    /// Whether nothing of the service moves any more.
    pub(super) fn has_halted(&self) -> anyhow::Result<bool> {
        let process = self.process.as_ref().context("it ended before it halted")?;
        has_halted(process.id.pid).context("cannot wait until it halts")
    }

    /// Takes note that process `pid` has ended, if it is this service's.
    pub(super) fn ended(&mut self, pid: u32, ledger: &Ledger) -> anyhow::Result<bool> {
        let Some(mut process) = self.process.take_if(|process| process.id.pid == pid) else {
            return Ok(false);
        };
        // The process is not waited for yet, so its group is still its own:
        // whatever it started ends with it, as it would in a container.
        let _ = signal_group(pid, SIGKILL);
        let status = process.child.wait().context("cannot wait for a service")?;
        self.last = match process.stopping {
            Some(_) => ServiceState::Stopped,
            None => ServiceState::Exited { pid, code: status.code(), signal: status.signal() },
        };
        ledger
            .write(&Entry::Gone { resource: self::process(self.launch.service(), &process.id) })?;
        Ok(true)
    }
}

fn process(service: &str, id: &ProcessId) -> Resource {
    Resource::Process { role: Role::Service, name: service.to_owned(), id: id.clone() }
}

/// Calls back when a child has ended, leaving it to be waited for.
fn watch(pid: u32, ended: impl FnOnce(u32) + Send + 'static) -> anyhow::Result<()> {
    thread::Builder::new()
        .name(format!("watch {pid}"))
        .spawn(move || {
            // It is a child, so nothing but its end ends this.
            wait_for_end(pid);
            ended(pid);
        })
        .context("cannot start the thread that watches a service")?;
    Ok(())
}
