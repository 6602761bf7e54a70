//! One service as a process: starting it, ending it, and its state.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use camino::Utf8PathBuf;
use signal_hook::consts::{SIGCONT, SIGKILL, SIGSTOP};

use super::super::log::BoundedLog;
use super::super::{Replica, ServiceSpec, Stop, lock};
use super::PROCESS;
use super::images::ProcessImage;
use super::pump::Pump;
use super::session::{Pids, background, end_remains};
use crate::build::image::FileIdentity;
use crate::report::Ui;
use crate::run::ledger::{BackendResource, Entry, Ledger};
use crate::run::{RunFolder, make_folder};
use crate::system::launch::{GO, Launched, gate};
use crate::system::signals::{Interrupt, name};
use crate::system::wait::{Poll, until};
use crate::system::{
    ProcessId, children, has_halted, is_hidden, moves, own_executable, session_members,
    signal_group, signal_process, start_time, wait_for_end,
};

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
    /// The file that it was let go to execute.
    pub(super) executed: FileIdentity,
    /// The folder in which it was started, by device and inode: another one may stand at
    /// its path by now.
    pub(super) folder: (u64, u64),
    id: ProcessId,
    pump: Pump,
    ledger: Ledger,
    pids: Pids,
    /// When it was asked to end, or to be killed.
    asked: Mutex<Option<Instant>>,
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
        pids: &Pids,
    ) -> anyhow::Result<Arc<Child>> {
        let service = spec.service();
        let image: ProcessImage = serde_json::from_value(spec.image.details.clone())?;
        if spec.ports.volume.is_some() {
            make_folder(&folder.volume(service))?;
        }
        if spec.database {
            make_folder(&folder.database_folder(service))?;
        }
        folder.write_config(service, &spec.config)?;
        let started_in = image.folder()?;
        let FileIdentity { dev, ino, .. } = FileIdentity::of_path(started_in)?;
        let (pump, output) = Pump::start(BoundedLog::open(&folder.log(service))?)?;
        let mut command = Command::new(own_executable()?);
        command
            .args(gate(Launched::Service, image.user))
            .arg(&image.executable.path)
            .args(&spec.args);
        command.env_clear();
        if let Some(libraries) = &image.library_path {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
            .envs(&spec.environment)
            .env(onetag_env::keys::OWNER, spec.run_id.to_string())
            .current_dir(started_in)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().context("cannot share the log")?)
            .stderr(output);
        let mut process = pids.spawn(&mut command)?;
        // It holds the other end of the pipe.
        drop(command);
        let id = ProcessId::of(process.id()).context("cannot name the new process")?;
        let resource = BackendResource::new(PROCESS, service, serde_json::to_value(&id)?);
        // From here to its end the file either stays or gets another identity.
        let executed = FileIdentity::of_path(&image.executable.path);
        let go = ledger.owns(&resource).and_then(|()| {
            let mut stdin =
                process.stdin.take().context("the new process has no standard input")?;
            stdin.write_all(GO).context("the new process does not listen")
        });
        let executed = match go.and(executed) {
            Ok(executed) => executed,
            Err(error) => {
                let _ = process.kill();
                let _ = pids.wait(&mut process);
                return Err(error);
            }
        };
        let child = Arc::new(Child {
            service: service.to_owned(),
            image,
            executed,
            folder: (dev, ino),
            id,
            pump,
            ledger: ledger.clone(),
            pids: pids.clone(),
            asked: Mutex::default(),
            end: Mutex::default(),
            ended: Condvar::new(),
        });
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
        self.pump.flush();
        let background = match *lock(&self.asked) {
            None => background(self.pid(), self.executed, &self.pids),
            Some(_) => None,
        };
        // It is not waited for yet, so its session is still its own: whatever it
        // started ends with it, as it would in a container.
        end_remains(self.pid(), self.executed, &self.pids);
        self.pump.close();
        let waited = self.pids.wait(&mut process);
        *end = Some(match (waited, background) {
            (Ok(status), Some(process)) if status.success() => {
                format!("{BACKGROUND} as {process} and ended with code 0")
            }
            (Ok(status), _) => in_words(status),
            (Err(error), _) => format!("ended, and cannot be waited for: {error}"),
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

    /// Has what it has printed so far in its log.
    pub(super) fn flush_log(&self) {
        self.pump.flush();
    }

    /// How it ended, if it has.
    pub(super) fn end(&self) -> Option<String> {
        let end = lock(&self.end);
        // One that has just ended is about to be looked at; meanwhile what it started may
        // answer in its place.
        let is_unseen =
            |end: &mut Option<String>| end.is_none() && start_time(self.pid()).is_none();
        let waited = self.ended.wait_while(end, is_unseen);
        waited.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The only copy of the service.
    pub(super) fn replica(&self) -> Replica {
        Replica { name: format!("{}-0", self.service), location: format!("pid {}", self.pid()) }
    }

    /// Ends it with its group, and returns once it has ended.
    pub(super) fn stop(&self, how: Stop) -> anyhow::Result<()> {
        let asked = Instant::now();
        lock(&self.asked).get_or_insert(asked);
        if let Stop::Terminate(grace) = how {
            self.signal(self.image.stop_signal)?;
            // It cannot end in good order as long as it is halted.
            self.signal_all(SIGCONT)?;
            if self.wait(grace) {
                return Ok(());
            }
            let (service, seconds) = (self.service.clone(), asked.elapsed().as_secs_f64());
            // What is not told ends no run.
            let _ = self.ledger.write(&Entry::Killed { service, seconds });
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
            return self.signal_all(SIGCONT);
        }
        self.signal_all(SIGSTOP)?;
        let mut leader_halted = false;
        let halted = until("pausing it", PAUSE_TIMEOUT, &Interrupt::default(), || {
            if self.end().is_some() {
                bail!("it ended before it halted");
            }
            // That is told once.
            leader_halted =
                leader_halted || has_halted(self.pid()).context("cannot wait until it halts")?;
            if !leader_halted {
                return Ok(Poll::Pending("it moves".to_owned()));
            }
            // What it started at the last moment is there by now.
            self.signal_all(SIGSTOP)?;
            Ok(match self.others()?.into_iter().find(|pid| moves(*pid)) {
                None => Poll::Ready(()),
                Some(pid) => Poll::Pending(format!("process {pid} moves")),
            })
        });
        if halted.is_err() {
            self.signal_all(SIGCONT)?;
        }
        halted
    }

    fn signal(&self, signal: i32) -> anyhow::Result<()> {
        let end = lock(&self.end);
        if end.is_none() {
            // At the gate it may not lead a group yet.
            let sent = signal_group(self.pid(), signal)
                .and_then(|sent| if sent { Ok(true) } else { signal_process(self.pid(), signal) });
            sent.with_context(|| format!("cannot send {} to it", name(signal)))?;
        }
        Ok(())
    }

    /// Sends a signal to it and to all that is below it.
    fn signal_all(&self, signal: i32) -> anyhow::Result<()> {
        self.signal(signal)?;
        for process in self.others()? {
            signal_process(process, signal)
                .with_context(|| format!("cannot send {} to process {process}", name(signal)))?;
        }
        Ok(())
    }

    /// All groups of its session, and its children, which may lead sessions of their own.
    fn others(&self) -> anyhow::Result<Vec<u32>> {
        let look = || {
            let mut found = session_members(self.pid())?;
            found.extend(children(self.pid())?);
            std::io::Result::Ok(found)
        };
        look().context("cannot look for processes")
    }

    /// Whether it has ended, within this time.
    fn wait(&self, limit: Duration) -> bool {
        let waited = self.ended.wait_timeout_while(lock(&self.end), limit, |end| end.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }
}

/// Begins the sentence on a service that went on elsewhere.
pub(super) const BACKGROUND: &str = "put itself into the background";

/// The end of a process, as what a sentence says of it.
fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("was ended by {}", name(signal)),
        (None, None) => "ended".to_owned(),
    }
}

/// Whether a process still executes the harness, as between fork and exec.
///
/// A process that must not be looked into is the harness no more: that it can be.
pub(super) fn is_this_program(pid: u32) -> anyhow::Result<bool> {
    if is_hidden(pid) {
        return Ok(false);
    }
    let identity = |pid| {
        let path = Utf8PathBuf::try_from(crate::system::executable(pid));
        FileIdentity::of_path(&path.context("the executable has a path that is not UTF-8")?)
    };
    Ok(identity(pid)? == identity(std::process::id())?)
}
