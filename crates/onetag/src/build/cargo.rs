//! Calling cargo.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use xshell::{Shell, cmd};

use super::messages::Artifacts;
use super::request::Call;
use crate::context::{Context, here};
use crate::error::{Attach as _, Kind};
use crate::run::ledger::Ledger;
use crate::system::tool::{Finished, Output, Tool};

/// How long cargo may take: a cold build of a large workspace.
pub(super) const BUILD_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// How long resolving packages, or removing what they left, may take.
const LIMIT: Duration = Duration::from_secs(120);

/// A shell in the folder in which the user called: relative settings and the
/// configuration of a member mean there what they mean to plain cargo.
pub(super) fn shell() -> anyhow::Result<Shell> {
    let shell = Shell::new().context("cannot start a shell")?;
    shell.change_dir(here()?);
    Ok(shell)
}

/// Builds; progress and diagnostics go to the terminal.
///
/// # Errors
///
/// Of [`Kind::Build`] if cargo cannot build it.
pub(super) fn build(
    context: &Context,
    call: &Call,
    ledgers: &[&Ledger],
) -> anyhow::Result<Artifacts> {
    let shell = shell()?;
    let cargo = &context.cargo;
    let (verb, arguments) = call.arguments.split_first().context("no subcommand")?;
    let profile = profile(call);
    // The harness never edits a checked-in file, the lock file included.
    let command = cmd!(
        shell,
        "{cargo} {verb} --locked --message-format json-render-diagnostics {arguments...} {profile...}"
    );
    let finished = Tool::new(command, BUILD_LIMIT)
        .output(Output::Capture, context.ui.tool_output())
        .recorded(ledgers.iter().copied())
        .finish(&context.interrupt)?;
    if !finished.status.success() {
        return Err(failed(context, &finished));
    }
    Ok(Artifacts::parse(&finished.stdout))
}

/// Has cargo forget what it built of these packages, for the profile of `call`.
pub(super) fn clean<'a>(
    context: &Context,
    call: &Call,
    package_ids: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let shell = shell()?;
    let cargo = &context.cargo;
    let packages = package_ids.into_iter().flat_map(|id| ["--package", id]);
    let profile = profile(call);
    Tool::new(cmd!(shell, "{cargo} clean --locked {packages...} {profile...}"), LIMIT)
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
    let shell = shell()?;
    let cargo = &context.cargo;
    let command = cmd!(shell, "{cargo} metadata --locked --format-version 1 --all-features");
    let finished = Tool::new(command, LIMIT)
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?;
    let complains = String::from_utf8_lossy(&finished.stderr).contains("--locked");
    Ok(finished.status.success() || !complains)
}
