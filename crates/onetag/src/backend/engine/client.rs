//! Calling an engine: one program, pinned for the run, and every call with a deadline.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::dialect::Dialect;
use super::info::Info;
use super::refusal::{Refusal, is_absent, is_race};
use crate::error::Attach as _;
use crate::report::Ui;
use crate::run::ledger::Ledger;
use crate::run::{RunFolder, read_json, write_json};
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tool::{Finished, Output, Tool};

/// How long an engine may take to answer a question.
const ANSWER: Duration = Duration::from_secs(30);

/// How long it may take to make something: to unpack an image, to start a container.
const WORK: Duration = Duration::from_secs(110);

/// How long it may take to fetch an image.
const PULL: Duration = Duration::from_secs(14 * 60);

/// How long it may take to build an image: as long as cargo may.
const BUILD: Duration = Duration::from_secs(2 * 60 * 60);

/// How often a call is made that meets something on its way out, and how long that takes.
const RACES: u32 = 20;
const RACE_PAUSE: Duration = Duration::from_millis(150);

/// An engine that answers.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) dialect: &'static Dialect,
    pub(super) pinned: Pinned,
}

/// Which engine a run uses: all commands on that run use this one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Pinned {
    program: Utf8PathBuf,
    /// The variables that say which engine is meant; those that were not set are not
    /// there.
    variables: BTreeMap<String, String>,
    pub(super) info: Info,
}

impl Client {
    /// Finds the engine and asks it about itself.
    ///
    /// # Errors
    ///
    /// When there is none or it does not answer; says how to mend that.
    pub(super) fn probe(dialect: &'static Dialect) -> anyhow::Result<Client> {
        let program = dialect.program;
        let found = find_program(program)
            .with_context(|| format!("there is no `{program}` on PATH"))
            .hint(dialect.install)?;
        let variables = dialect
            .variables
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
        let info = Info::default();
        let pinned = Pinned { program: found, variables: variables.collect(), info };
        let mut client = Client { dialect, pinned };
        client.pinned.info = Info::ask(&client)?;
        Ok(client)
    }

    /// Finds the engine for a run, and pins it.
    pub(super) fn pin(dialect: &'static Dialect, folder: &RunFolder) -> anyhow::Result<Client> {
        let client = Client::probe(dialect)?;
        write_json(&folder.engine(), &client.pinned)?;
        Ok(client)
    }

    /// The engine that was pinned for a run; none if it never came to that.
    pub(super) fn pinned(
        dialect: &'static Dialect,
        folder: &RunFolder,
    ) -> anyhow::Result<Option<Client>> {
        match folder.engine().exists() {
            true => Ok(Some(Client { dialect, pinned: read_json(&folder.engine())? })),
            false => Ok(None),
        }
    }

    /// Asks a question, and returns what the engine prints.
    pub(super) fn ask<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> anyhow::Result<String> {
        let arguments: Vec<&str> = arguments.into_iter().collect();
        unless_raced(|| self.succeed(self.tool(&arguments, ANSWER)))
    }

    /// Asks about things by name; none if one of them is not there.
    pub(super) fn inspect<T: DeserializeOwned>(
        &self,
        what: &str,
        names: &[&str],
    ) -> anyhow::Result<Option<Vec<T>>> {
        let arguments = [what, "inspect"].into_iter().chain(names.iter().copied());
        match self.ask(arguments) {
            Ok(json) => {
                let unknown =
                    || format!("`{} {what} inspect` answers something unknown", self.name());
                serde_json::from_str(&json).with_context(unknown).map(Some)
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes or changes something, while that stands in the ledger: whoever ends the
    /// run ends the call first.
    pub(super) fn work<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        variables: &BTreeMap<&str, &str>,
        ledger: &Ledger,
    ) -> anyhow::Result<String> {
        let mut command = self.command(arguments);
        command.envs(variables);
        let tool = Tool::new(command, WORK).leaving_others();
        let tool = tool.output(Output::Capture, Output::Capture);
        self.succeed(tool.recorded([ledger]))
    }

    /// What loads the image of an archive.
    pub(super) fn loading(&self, archive: &Utf8Path) -> [String; 3] {
        match self.dialect.pulls_archives && self.pinned.info.is_here() {
            true => ["pull", "--quiet", &format!("docker-archive:{archive}")].map(str::to_owned),
            false => ["load", "--input", archive.as_str()].map(str::to_owned),
        }
    }

    /// Fetches an image, and shows how that goes.
    pub(super) fn pull(&self, image: &str, ledger: &Ledger) -> anyhow::Result<()> {
        // podman shows it on the one of its outputs, docker on the other.
        let tool = Tool::new(self.command(["pull", image]), PULL).leaving_others();
        let tool = tool.output(Output::Inherit, Output::Inherit).recorded([ledger]);
        let finished = tool.finish(&Interrupt::default())?;
        ensure!(finished.status.success(), "`{}` {}", finished.line, finished.ended());
        Ok(())
    }

    /// Builds an image, for the runs with these ledgers; tells what the engine said.
    pub(super) fn build<'a>(
        &self,
        arguments: &[String],
        ledgers: impl IntoIterator<Item = &'a Ledger>,
        is_shown: bool,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Finished> {
        let output = if is_shown { Output::Both } else { Output::Capture };
        let command = self.command(arguments.iter().map(String::as_str));
        Tool::new(command, BUILD).output(output, output).recorded(ledgers).finish(interrupt)
    }

    /// Ends or removes something, within a deadline; what is not there is no error.
    pub(super) fn end<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        limit: Duration,
    ) -> anyhow::Result<()> {
        let arguments: Vec<&str> = arguments.into_iter().collect();
        match unless_raced(|| self.succeed(self.tool(&arguments, limit + ANSWER))) {
            Err(error) if !is_absent(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Asks for something that may be large: what it prints, on both of its outputs, goes
    /// into a file.
    pub(super) fn write<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        file: &File,
    ) -> anyhow::Result<()> {
        let tool = Tool::new(self.command(arguments), ANSWER).leaving_others().into_file(file)?;
        let finished = tool.finish(&Interrupt::default())?;
        ensure!(finished.status.success(), "`{}` {}", finished.line, finished.ended());
        Ok(())
    }

    pub(super) fn name(&self) -> &'static str {
        self.dialect.program
    }

    fn tool(&self, arguments: &[&str], limit: Duration) -> Tool<'static> {
        Tool::new(self.command(arguments.iter().copied()), limit)
            .leaving_others()
            .output(Output::Capture, Output::Capture)
    }

    fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.pinned.program);
        for name in self.dialect.variables {
            command.env_remove(name);
        }
        command.envs(&self.pinned.variables).args(arguments);
        command
    }

    fn succeed(&self, tool: Tool<'_>) -> anyhow::Result<String> {
        let finished = tool.finish(&Interrupt::default())?;
        if finished.status.success() {
            return Ok(String::from_utf8_lossy(&finished.stdout).into_owned());
        }
        Err(Refusal::of(self.dialect, &finished))
    }
}

/// Makes a call again that met something on its way out ([`is_race`]). It is told, in the
/// log of the keeper or on the terminal.
pub(super) fn unless_raced(call: impl Fn() -> anyhow::Result<String>) -> anyhow::Result<String> {
    for _ in 1..RACES {
        match call() {
            Err(error) if is_race(&error) => {
                Ui::stderr().line(format!("{error:#}; trying again"));
                thread::sleep(RACE_PAUSE);
            }
            done => return done,
        }
    }
    call()
}
