//! The verbs, one file each.

mod bench;
mod down;
mod e2e;
mod hook;
mod status;
mod test;
mod up;

pub(crate) use bench::bench;
pub(crate) use down::down;
pub(crate) use e2e::e2e;
pub(crate) use hook::hook;
pub(crate) use status::status;
pub(crate) use test::test;
pub(crate) use up::up;

use std::io::Write as _;

use anyhow::{Context as _, bail};

use crate::cli::Format;
use crate::context::Context;
use crate::error::{Attach as _, Kind, describe};
use crate::exit::Exit;
use crate::gc::dead::{RunEntry, kept};
use crate::report::{Document, RunReport, Ui};
use crate::system::signals::Interrupt;

/// Loads what a verb works with.
fn context() -> anyhow::Result<Context> {
    Context::load(Interrupt::listen()?, Ui::stderr())
}

/// Ends a verb that has reports: prints the one document where it is asked for,
/// and says with which code the command ends.
fn conclude(
    format: Format,
    result: anyhow::Result<Vec<(Exit, RunReport)>>,
) -> anyhow::Result<Exit> {
    if format == Format::Human {
        return Ok(Exit::worst(result?.into_iter().map(|(exit, _)| exit)));
    }
    let (exit, runs, error) = match result {
        Ok(runs) => {
            let exit = Exit::worst(runs.iter().map(|(exit, _)| *exit));
            (exit, runs.into_iter().map(|(_, report)| report).collect(), None)
        }
        Err(error) => (Kind::of(&error).exit(), Vec::new(), Some(error)),
    };
    print_json(&Document {
        schema: Document::SCHEMA,
        exit: exit.code(),
        runs,
        error: error.as_ref().map(describe),
    })?;
    error.map_or(Ok(exit), Err)
}

/// Prints one JSON document to stdout.
fn print_json(document: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    writeln!(std::io::stdout().lock(), "{text}").context("cannot write to stdout")
}

/// The one kept run of a suite.
///
/// Errors: there is none, or there are several; both say what to do.
fn the_kept_run(context: &Context, suite: &str) -> anyhow::Result<RunEntry> {
    let mut found = kept(&context.layout(), &context.workspace.root, suite)?;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => bail!("there is no kept run of `{suite}`\nhint: cargo xtask up {suite}"),
        _ => bail!("{}", several(suite, &found)),
    }
}

/// Several kept runs of one suite: nobody can tell which one is meant.
fn several(suite: &str, found: &[RunEntry]) -> String {
    let runs: Vec<String> = found.iter().map(|run| run.folder.run_id().to_string()).collect();
    format!(
        "there are {} kept runs of `{suite}`: {}\nhint: `cargo xtask down {suite}` ends them all",
        runs.len(),
        runs.join(", ")
    )
}

/// Looks a suite up, which is a question of usage.
fn job<'a>(context: &'a Context, suite: &str) -> anyhow::Result<crate::cycle::Job<'a>> {
    crate::cycle::Job::new(context, suite)
}

/// A usage error.
fn usage<T>(message: String) -> anyhow::Result<T> {
    let failed: anyhow::Result<T> = Err(anyhow::anyhow!(message));
    failed.kind(Kind::Usage)
}
