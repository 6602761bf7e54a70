//! Calling cargo.

use std::process::Command;
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use xshell::cmd;

use super::messages::Artifacts;
use super::request::Call;
use crate::context::Context;
use crate::error::{Attach as _, Kind};
use crate::run::ledger::Ledger;
use crate::system::tool::{Finished, Output, Tool};

/// How long cargo may take: a cold build of a large workspace, be it one of somebody
/// else's that it waits for.
pub(super) const BUILD_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// How long resolving packages may take.
const LIMIT: Duration = Duration::from_secs(120);

/// How a call of cargo ended that was to build something.
pub(super) struct Outcome {
    /// What cargo made; of a call that failed, up to its failure.
    pub(super) artifacts: Artifacts,
    finished: Finished,
}

impl Outcome {
    pub(super) fn has_failed(&self) -> bool {
        !self.finished.status.success()
    }

    /// What cargo made.
    ///
    /// # Errors
    ///
    /// Of [`Kind::Build`] if cargo could not build all of it.
    pub(super) fn success(self, context: &Context) -> anyhow::Result<Artifacts> {
        match self.has_failed() {
            true => Err(failed(context, &self.finished)),
            false => Ok(self.artifacts),
        }
    }
}

/// Builds; progress and diagnostics go to the terminal, messages also to `messages`.
pub(super) fn build(
    context: &Context,
    call: &Call,
    ledgers: &[&Ledger],
    messages: Option<Sender<Vec<u8>>>,
) -> anyhow::Result<Outcome> {
    let finished = Tool::new(command(context, call)?, BUILD_LIMIT)
        .output(Output::Capture, context.ui.tool_output())
        .lines(messages)
        .recorded(ledgers.iter().copied())
        .finish(&context.interrupt)?;
    Ok(Outcome { artifacts: Artifacts::parse(&finished.stdout), finished })
}

/// The command that makes a call.
pub(super) fn command(context: &Context, call: &Call) -> anyhow::Result<Command> {
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let (verb, arguments) = call.arguments.split_first().context("no subcommand")?;
    let profile = profile(call);
    // The harness never edits a checked-in file, the lock file included.
    Ok(cmd!(
        shell,
        "{cargo} {verb} --locked --message-format json-render-diagnostics {arguments...} {profile...}"
    )
    .into())
}

/// Has cargo forget what it built of these packages, for the profile of `call`.
pub(super) fn clean<'a>(
    context: &Context,
    call: &Call,
    package_ids: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let packages = package_ids.into_iter().flat_map(|id| ["--package", id]);
    let profile = profile(call);
    Tool::new(cmd!(shell, "{cargo} clean --locked {packages...} {profile...}"), BUILD_LIMIT)
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?
        .success()?;
    Ok(())
}

fn profile(call: &Call) -> Vec<&str> {
    call.profile.iter().flat_map(|profile| ["--profile", profile.as_str()]).collect()
}

/// What is wrong, once cargo has told on the terminal.
fn failed(context: &Context, finished: &Finished) -> anyhow::Error {
    let error = anyhow!("cargo could not build it: `{}` {}", finished.line, finished.ended());
    let error = error.kind(Kind::Build);
    match lock_file_is_current(context) {
        // Cargo speaks of an option that nobody typed.
        Ok(false) => error.context("Cargo.lock is not up to date").hint("cargo update --workspace"),
        _ => error,
    }
}

/// Whether the lock file fits the manifests; asked only after cargo failed.
fn lock_file_is_current(context: &Context) -> anyhow::Result<bool> {
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let command = cmd!(shell, "{cargo} metadata --locked --format-version 1 --all-features");
    let finished = Tool::new(command, LIMIT)
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?;
    let complains = String::from_utf8_lossy(&finished.stderr).contains("--locked");
    Ok(finished.status.success() || !complains)
}
