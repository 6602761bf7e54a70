//! The one place that runs other programs: cargo, nextest, and later engines.
//!
//! Every command has a deadline, a group of its own, and an entry in the ledgers
//! of the runs that it works for. Signals reach the harness alone, which passes
//! them on once: a Ctrl-C on a terminal is not delivered twice.

mod environment;

use std::fmt;
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use signal_hook::consts::{SIGINT, SIGKILL, SIGTERM};

pub(crate) use environment::scrub;

use crate::ledger::{Entry, Ledger, Resource, Role};
use crate::signals::Interrupt;
use crate::sys::{ProcessId, signal_group};
use crate::wait::Deadline;

/// How long a command may go on after it was asked to end.
///
/// Nextest gives its tests ten seconds before it ends by itself.
const GRACE: Duration = Duration::from_secs(15);

/// Where what a command says goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// To the terminal, as talk: to stderr, whatever the command chose.
    Shown,
    /// Into [`Finished`].
    Captured,
}

/// A command that is about to run.
pub(crate) struct Tool<'a> {
    command: Command,
    name: String,
    deadline: Duration,
    stdout: Said,
    stderr: Said,
    ledgers: Vec<&'a Ledger>,
}

/// A command that ended by itself.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The command as one could type it.
    pub(crate) line: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl<'a> Tool<'a> {
    /// A command that must end within `deadline`; it shows what it says.
    ///
    /// What cargo, rustup and nextest set for their children is taken out of
    /// its environment first.
    pub(crate) fn new(command: impl Into<Command>, deadline: Duration) -> Tool<'a> {
        let mut command = command.into();
        scrub(&mut command);
        let program = command.get_program().to_string_lossy().into_owned();
        let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
        Tool { command, name, deadline, stdout: Said::Shown, stderr: Said::Shown, ledgers: vec![] }
    }

    /// Gives it no variable at all.
    pub(crate) fn env_clear(mut self) -> Tool<'a> {
        self.command.env_clear();
        self
    }

    /// Says where what it says goes.
    pub(crate) fn said(mut self, stdout: Said, stderr: Said) -> Tool<'a> {
        (self.stdout, self.stderr) = (stdout, stderr);
        self
    }

    /// Names the runs that the command works for.
    pub(crate) fn recorded(mut self, ledgers: impl IntoIterator<Item = &'a Ledger>) -> Tool<'a> {
        self.ledgers.extend(ledgers);
        self
    }

    /// Runs the command to its end, whatever its exit code.
    ///
    /// Errors: it cannot be started, its deadline passed, or a signal asked the
    /// harness to end; then the command has been ended too, and waited for.
    pub(crate) fn finish(mut self, interrupt: &Interrupt) -> anyhow::Result<Finished> {
        interrupt.check()?;
        let line = Line(&self.command).to_string();
        self.command
            .stdin(Stdio::null())
            .stdout(stdio(self.stdout)?)
            .stderr(stdio(self.stderr)?)
            .process_group(0);
        let mut child = self.command.spawn().with_context(|| format!("cannot run `{line}`"))?;
        let pid = child.id();
        let resource = ProcessId::of(pid).ok().map(|id| Resource::Process {
            role: Role::Tool,
            name: self.name.clone(),
            id,
        });
        let recorded = match &resource {
            Some(resource) => {
                self.ledgers.iter().try_for_each(|ledger| ledger.own(resource.clone()))
            }
            None => Ok(()),
        };
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(child.wait()));

        let outcome = recorded.and_then(|()| self.supervise(pid, &end, interrupt));
        if outcome.is_err() {
            let _ = signal_group(pid, SIGKILL);
            let _ = end.recv_timeout(GRACE);
        }
        if let Some(resource) = resource {
            for ledger in &self.ledgers {
                ledger.write(&Entry::Gone { resource: resource.clone() })?;
            }
        }
        let status = outcome.with_context(|| format!("running `{line}`"))?;
        Ok(Finished { line, status, stdout: collect(stdout)?, stderr: collect(stderr)? })
    }

    /// Waits for the end, passing on every signal and minding the deadline.
    fn supervise(
        &self,
        pid: u32,
        end: &mpsc::Receiver<std::io::Result<ExitStatus>>,
        interrupt: &Interrupt,
    ) -> anyhow::Result<ExitStatus> {
        let deadline = Deadline::within(self.deadline);
        let mut asked_to_end: Option<Deadline> = None;
        let mut passed_on = 0;
        loop {
            match end.recv_timeout(Duration::from_millis(20)) {
                Ok(status) => {
                    let status = status.context("cannot wait for it")?;
                    interrupt.check()?;
                    if asked_to_end.is_some() {
                        bail!("it took longer than {:?} and was ended", self.deadline);
                    }
                    return Ok(status);
                }
                Err(RecvTimeoutError::Disconnected) => bail!("the thread that waits for it ended"),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if interrupt.count() > passed_on {
                passed_on += 1;
                signal_group(pid, interrupt.signal().unwrap_or(SIGINT))?;
                asked_to_end.get_or_insert(Deadline::within(GRACE));
            } else if asked_to_end.is_none() && deadline.passed() {
                signal_group(pid, SIGTERM)?;
                asked_to_end = Some(Deadline::within(GRACE));
            } else if asked_to_end.as_ref().is_some_and(Deadline::passed) {
                interrupt.check()?;
                bail!("it took longer than {:?} and did not end when asked", self.deadline);
            }
        }
    }
}

impl Finished {
    /// An error with what the command said, unless it succeeded.
    pub(crate) fn success(self) -> anyhow::Result<Finished> {
        if self.status.success() {
            return Ok(self);
        }
        let said = String::from_utf8_lossy(&self.stderr);
        let said = said.trim();
        let how = self.ended();
        if said.is_empty() {
            bail!("`{}` {how}", self.line)
        } else {
            bail!("`{}` {how}: {said}", self.line)
        }
    }

    /// How it ended, in words.
    pub(crate) fn ended(&self) -> String {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("ended with code {code}"),
            (None, Some(signal)) => format!("was ended by {}", crate::signals::name(signal)),
            (None, None) => "ended in an unknown way".to_owned(),
        }
    }
}

fn stdio(said: Said) -> anyhow::Result<Stdio> {
    use std::os::fd::AsFd as _;
    Ok(match said {
        Said::Captured => Stdio::piped(),
        Said::Shown => std::io::stderr()
            .as_fd()
            .try_clone_to_owned()
            .context("cannot share the terminal with a command")?
            .into(),
    })
}

type Drain = Option<thread::JoinHandle<std::io::Result<Vec<u8>>>>;

fn drain(pipe: Option<impl Read + Send + 'static>) -> Drain {
    pipe.map(|mut pipe| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes)?;
            Ok(bytes)
        })
    })
}

fn collect(drain: Drain) -> anyhow::Result<Vec<u8>> {
    let Some(drain) = drain else {
        return Ok(Vec::new());
    };
    match drain.join() {
        Ok(bytes) => bytes.context("cannot read what the command said"),
        Err(_) => bail!("the thread that reads what the command says ended"),
    }
}

/// A command as one could paste it into a shell.
struct Line<'a>(&'a Command);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.0.get_program().to_string_lossy();
        f.write_str(program.rsplit('/').next().unwrap_or(&program))?;
        for argument in self.0.get_args() {
            let argument = argument.to_string_lossy();
            let plain = !argument.is_empty()
                && argument
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&b));
            match plain {
                true => write!(f, " {argument}")?,
                false => write!(f, " '{}'", argument.replace('\'', r"'\''"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
