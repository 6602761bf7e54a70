//! One service as a process: starting it, ending it, and its state.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use camino::Utf8PathBuf;
use signal_hook::consts::{SIGCONT, SIGKILL, SIGSTOP, SIGTERM};

use super::super::{Replica, ServiceSpec, Stop};
use super::images::ProcessImage;
use super::{PROCESS, lock};
use crate::build::image::FileIdentity;
use crate::report::Ui;
use crate::run::ledger::{BackendResource, Ledger};
use crate::run::{RunFolder, make_folder};
use crate::system::launch::{GO, Launched, gate};
use crate::system::signals::{Interrupt, name};
use crate::system::wait::{Poll, until};
use crate::system::{ProcessId, has_halted, own_executable, signal_group, wait_for_end};

/// How long the kernel may take to end a process that was killed, before it is
/// killed again.
const KILLED: Duration = Duration::from_secs(1);

/// How long a service may take to pause.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A service that was started.
#[derive(Debug)]
pub(super) struct Child {
    service: String,
    pub(super) image: ProcessImage,
    id: ProcessId,
    /// How it ended. The lock is held while it is signalled: until it was waited
    /// for, its number is its own.
    end: Mutex<Option<String>>,
    ended: Condvar,
}

impl Child {
    /// Starts a service as a child of this thread.
    pub(super) fn start(
        spec: &ServiceSpec,
        folder: &RunFolder,
        ledger: &Ledger,
    ) -> anyhow::Result<Arc<Child>> {
        let service = spec.service();
        let image: ProcessImage = serde_json::from_value(spec.image.details.clone())?;
        if spec.volume {
            make_folder(&folder.volume(service))?;
        }
        let log = folder.log(service);
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&log)
            .with_context(|| format!("cannot open the log {log}"))?;
        let mut command = Command::new(own_executable()?);
        command.args(gate(Launched::Service)).arg(&image.executable.path).args(&spec.args);
        command.env_clear();
        if let Some(libraries) = &image.library_path {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        let mut process = command
            .envs(&spec.environment)
            .env(onetag_env::keys::OWNER, spec.run_id.to_string())
            .current_dir(&image.folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().context("cannot share the log")?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        let id = ProcessId::of(process.id()).context("cannot name the new process")?;
        let resource = BackendResource::new(PROCESS, service, serde_json::to_value(&id)?);
        let go = ledger.owns(&resource).and_then(|()| {
            let mut stdin =
                process.stdin.take().context("the new process has no standard input")?;
            stdin.write_all(GO).context("the new process does not listen")
        });
        if let Err(error) = go {
            let _ = process.kill();
            let _ = process.wait();
            return Err(error);
        }
        let (end, ended) = (Mutex::default(), Condvar::new());
        let child = Arc::new(Child { service: service.to_owned(), image, id, end, ended });
        let (watched, ledger) = (Arc::clone(&child), ledger.clone());
        thread::Builder::new()
            .name(format!("watch {}", child.pid()))
            .spawn(move || watched.watch(process, &resource, &ledger))
            .context("cannot start the thread that watches a service")?;
        Ok(child)
    }

    /// Waits for its end, and takes note of it.
    fn watch(&self, mut process: std::process::Child, resource: &BackendResource, ledger: &Ledger) {
        wait_for_end(self.pid());
        let mut end = lock(&self.end);
        // It is not waited for yet, so its group is still its own: whatever it
        // started ends with it, as it would in a container.
        let _ = signal_group(self.pid(), SIGKILL);
        *end = Some(match process.wait() {
            Ok(status) => in_words(status),
            Err(error) => format!("ended, and cannot be waited for: {error}"),
        });
        self.ended.notify_all();
        drop(end);
        // The run goes on; a teardown finds it gone as well.
        if let Err(error) = ledger.released(resource) {
            Ui::stderr().line(format!("{error:#}"));
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.id.pid
    }

    /// How it ended, if it has.
    pub(super) fn end(&self) -> Option<String> {
        lock(&self.end).clone()
    }

    /// The only copy of the service.
    pub(super) fn replica(&self) -> Replica {
        Replica { name: format!("{}-0", self.service), location: format!("pid {}", self.pid()) }
    }

    /// Ends it with its group, and returns once it has ended.
    pub(super) fn stop(&self, how: Stop) -> anyhow::Result<()> {
        if let Stop::Terminate(grace) = how {
            self.signal(SIGTERM)?;
            // It cannot end in good order as long as it is halted.
            self.signal(SIGCONT)?;
            if self.wait(grace) {
                return Ok(());
            }
        }
        loop {
            self.signal(SIGKILL)?;
            if self.wait(KILLED) {
                return Ok(());
            }
        }
    }

    /// Halts its group, or lets it go on.
    pub(super) fn pause(&self, on: bool) -> anyhow::Result<()> {
        ensure!(self.end().is_none(), "it does not run");
        if !on {
            return self.signal(SIGCONT);
        }
        self.signal(SIGSTOP)?;
        let halted = until("pausing it", PAUSE_TIMEOUT, &Interrupt::default(), || {
            if self.end().is_some() {
                bail!("it ended before it halted");
            }
            Ok(match has_halted(self.pid()).context("cannot wait until it halts")? {
                true => Poll::Ready(()),
                false => Poll::Pending("it moves".to_owned()),
            })
        });
        if halted.is_err() {
            self.signal(SIGCONT)?;
        }
        halted
    }

    fn signal(&self, signal: i32) -> anyhow::Result<()> {
        let end = lock(&self.end);
        if end.is_none() {
            let sent = signal_group(self.pid(), signal);
            sent.with_context(|| format!("cannot send {} to it", name(signal)))?;
        }
        Ok(())
    }

    /// Whether it has ended, within this time.
    fn wait(&self, limit: Duration) -> bool {
        let waited = self.ended.wait_timeout_while(lock(&self.end), limit, |end| end.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }
}

/// The end of a process, as what a sentence says of it.
fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("was ended by {}", name(signal)),
        (None, None) => "ended".to_owned(),
    }
}

/// Whether a process still executes the harness, as between fork and exec.
pub(super) fn is_this_program(pid: u32) -> anyhow::Result<bool> {
    let identity = |pid| {
        let path = Utf8PathBuf::try_from(crate::system::executable(pid));
        FileIdentity::of_path(&path.context("the executable has a path that is not UTF-8")?)
    };
    Ok(identity(pid)? == identity(std::process::id())?)
}
