//! The command line: the one place where an error becomes text and an exit code.

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::backend::{Backend, register};
use crate::commands::{
    self, Bench, Completions, Doctor, Down, E2e, Gc, Hook, Logs, Plan, Status, Test, Up,
};
use crate::error::{Kind, describe};
use crate::exit::Exit;
use crate::keeper::{self, KEEPER};
use crate::report::Ui;
use crate::suite::program_arguments;
use crate::system::launch::{LAUNCH, launch};

/// End-to-end tests of this workspace's services
#[derive(Debug, Parser)]
#[command(name = "onetag", bin_name = "cargo xtask", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Print errors and verdicts only; what cargo and nextest print is shown if they fail
    #[arg(short, long, global = true, display_order = 100)]
    quiet: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    E2e(E2e),
    Up(Up),
    Test(Test),
    Down(Down),
    Status(Status),
    Plan(Plan),
    Logs(Logs),
    Gc(Gc),
    Doctor(Doctor),
    Bench(Bench),
    Hook(Hook),
    Completions(Completions),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    main_with(&[])
}

/// Runs the command line of this process, with backends that it brings along.
pub fn main_with(backends: &'static [Backend]) -> ExitCode {
    register(backends);
    let mut arguments = std::env::args_os().skip(1);
    // The two verbs that only the harness itself calls are in no help and no
    // completion. What follows `launch` is another program's, whatever its bytes.
    let result = match arguments.next() {
        Some(verb) if verb == LAUNCH => launch(arguments).map(|()| Exit::Success),
        Some(verb) if verb == KEEPER => keep(arguments).map(|()| Exit::Success),
        _ => match Cli::try_parse_from(program_arguments()) {
            Ok(cli) => perform(cli),
            Err(error) => {
                // Help goes to stdout, everything else to stderr. Nobody may be
                // there to read it: `cargo xtask --help | head -1`.
                let _ = error.print();
                return exit_code(error.exit_code());
            }
        },
    };
    let exit = result.unwrap_or_else(|error| {
        Ui::stderr().error(describe(&error));
        Kind::of(&error).exit()
    });
    exit_code(exit.code())
}

fn perform(cli: Cli) -> anyhow::Result<Exit> {
    let ui = if cli.quiet { Ui::quiet() } else { Ui::stderr() };
    match cli.verb {
        Verb::E2e(arguments) => commands::e2e(&arguments, ui),
        Verb::Up(arguments) => commands::up(&arguments, ui),
        Verb::Test(arguments) => commands::test(&arguments, ui),
        Verb::Down(arguments) => commands::down(&arguments, &ui),
        Verb::Status(arguments) => commands::status(&arguments, &ui),
        Verb::Plan(arguments) => commands::plan(&arguments, ui),
        Verb::Logs(arguments) => commands::logs(&arguments, &ui),
        Verb::Gc(arguments) => commands::gc(&arguments, &ui),
        Verb::Doctor(arguments) => commands::doctor(&arguments),
        Verb::Bench(arguments) => commands::bench(&arguments, ui),
        Verb::Hook(arguments) => commands::hook(&arguments),
        Verb::Completions(arguments) => commands::completions(&arguments, Cli::command()),
    }
}

/// Becomes the keeper of the run whose folder stands behind the verb.
fn keep(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let folder = arguments.next().and_then(|folder| folder.into_string().ok());
    keeper::serve(folder.context("only the harness itself calls this")?.as_str().into())
}

/// Exit codes have eight bits; all of ours, of clap's and of nextest's do.
fn exit_code(code: i32) -> ExitCode {
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}
