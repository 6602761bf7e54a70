//! A command, from what it is to do to its end.

use std::fs::File;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::Context as _;

use super::finished::Finished;
use super::group::{gated, grouped};
use super::line::Line;
use super::output::{Drain, Output, Sink, stdio};
use super::running::Running;
use super::{ProcessRecord, scrub};
use crate::system::launch::Launched;
use crate::system::signals::Interrupt;
use crate::system::{User, wait};

/// A command that is about to run.
pub(crate) struct Tool<'a> {
    command: Command,
    name: String,
    deadline: Duration,
    /// What it reads; nothing if there is none.
    input: Option<Vec<u8>>,
    stdout: Output,
    stderr: Output,
    /// Instead of both of them.
    file: Option<File>,
    /// Instead of stderr.
    sink: Option<Arc<dyn Sink>>,
    /// What gets each line of a stdout that is captured.
    lines: Option<Sender<Vec<u8>>>,
    records: Vec<&'a dyn ProcessRecord>,
    /// It goes through the gate, and ends with the harness.
    tied: bool,
    /// What it started outlives it.
    leaves_others: bool,
    /// Who runs it, if that is not the caller.
    user: Option<User>,
    watch: Watch<'a>,
}

/// Looks whether a command still makes sense; its error ends the command. Asked many
/// times a second.
pub(super) type Watch<'a> = Box<dyn FnMut() -> anyhow::Result<()> + 'a>;

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
        let (stdout, stderr) = (Output::Inherit, Output::Inherit);
        Tool {
            command,
            name,
            deadline,
            input: None,
            stdout,
            stderr,
            file: None,
            sink: None,
            lines: None,
            records: vec![],
            tied: false,
            leaves_others: false,
            user: None,
            watch: Box::new(|| Ok(())),
        }
    }

    /// Gives it no variable at all.
    pub(crate) fn env_clear(mut self) -> Tool<'a> {
        self.command.env_clear();
        self
    }

    /// Says what it reads.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Tool<'a> {
        self.input = Some(input.into());
        self
    }

    /// Says where what it says goes.
    pub(crate) fn output(mut self, stdout: Output, stderr: Output) -> Tool<'a> {
        (self.stdout, self.stderr) = (stdout, stderr);
        self
    }

    /// Has what would go to stderr go elsewhere.
    pub(crate) fn into_sink(mut self, sink: Option<Arc<dyn Sink>>) -> Tool<'a> {
        self.sink = sink;
        self
    }

    /// Has each line of a stdout that is captured sent as soon as it is there.
    pub(crate) fn lines(mut self, lines: Option<Sender<Vec<u8>>>) -> Tool<'a> {
        self.lines = lines;
        self
    }

    /// Has all that it says, on both of its outputs, written to a file.
    pub(crate) fn into_file(mut self, file: &File) -> anyhow::Result<Tool<'a>> {
        self.file = Some(file.try_clone().context("cannot share a file")?);
        Ok(self)
    }

    /// Names the runs that the command works for.
    pub(crate) fn recorded<R: ProcessRecord + 'a>(
        mut self,
        records: impl IntoIterator<Item = &'a R>,
    ) -> Tool<'a> {
        self.records.extend(records.into_iter().map(|record| record as &dyn ProcessRecord));
        self.tied()
    }

    /// Has another user run it, if one is given.
    pub(crate) fn run_by(mut self, user: Option<User>) -> Tool<'a> {
        self.user = user;
        self.tied()
    }

    /// What it starts goes on when it has succeeded: containers have helpers that stay in
    /// the session of whoever started them.
    pub(crate) fn leaving_others(mut self) -> Tool<'a> {
        self.leaves_others = true;
        self
    }

    /// Has it end with the harness, whatever ends that: a command that takes
    /// long and works for no run.
    pub(crate) fn tied(mut self) -> Tool<'a> {
        self.tied = true;
        self
    }

    /// Has it end as soon as `watch` fails.
    pub(crate) fn watched(mut self, watch: impl FnMut() -> anyhow::Result<()> + 'a) -> Tool<'a> {
        self.watch = Box::new(watch);
        self
    }

    /// Runs the command to its end, whatever its exit code.
    ///
    /// Errors: it cannot be started, its deadline passed, what it is for is gone, or a
    /// signal asked the harness to end; then the command has been ended too, and waited
    /// for.
    pub(crate) fn finish(mut self, interrupt: &Interrupt) -> anyhow::Result<Finished> {
        interrupt.check()?;
        let line = Line(&self.command).to_string();
        let failed = || format!("running `{line}`");
        let launched = if self.input.is_some() { Launched::FedTool } else { Launched::Tool };
        self.command = match self.tied {
            true => gated(&self.command, launched, &self.records, self.user)?,
            false => grouped(self.command, self.input.is_some()),
        };
        match self.file.take() {
            Some(file) => {
                let other = file.try_clone().context("cannot share a file")?;
                self.command.stdout(file).stderr(other)
            }
            None => {
                let stdio = |output| stdio(output, self.sink.is_some());
                self.command.stdout(stdio(self.stdout)?).stderr(stdio(self.stderr)?)
            }
        };
        let (mut running, gone, stdout, stderr) = wait::while_wanted(|| {
            let mut child = self.command.spawn().with_context(|| format!("cannot run `{line}`"))?;
            // The command holds the harness's ends of what the child was given.
            self.command = Command::new("");
            let stdout =
                Drain::start(child.stdout.take(), self.stdout, self.sink.clone(), self.lines);
            let stderr = Drain::start(child.stderr.take(), self.stderr, self.sink, None);
            let mut running = Running::new(child, self.name, self.records, self.tied, self.input);
            let gone = running.go();
            Ok((running, gone, stdout, stderr))
        })?;
        let outcome =
            gone.and_then(|()| running.supervise(self.deadline, interrupt, &mut self.watch));
        let ended = running.end(outcome.is_err(), self.leaves_others);
        let succeeded = outcome.is_ok() && ended.as_ref().is_ok_and(|status| status.success());
        let (stdout, stderr) = (stdout.collect(succeeded), stderr.collect(succeeded));
        outcome.with_context(failed)?;
        Ok(Finished {
            status: ended.with_context(failed)?,
            stdout: stdout.with_context(failed)?,
            stderr: stderr.with_context(failed)?,
            line,
        })
    }
}
