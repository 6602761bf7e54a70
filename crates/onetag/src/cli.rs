//! The command line: the one place where an error becomes text and an exit code.

mod grammar;

mod arguments;
mod command;
mod help;

#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::process::ExitCode;

use crate::commands;
use crate::error::{Attach as _, Kind, describe};
use crate::exit::Exit;
use crate::suite::program_arguments;
use crate::system::launch::{LAUNCH, launch};
use command::Command;
pub(crate) use command::{Bench, E2e, Format, Test, Up};

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let done = match arguments.next() {
        Some(verb) if verb == LAUNCH => launch(arguments).map(|()| Exit::Success),
        _ => arguments::command(program_arguments()).kind(Kind::Usage).and_then(perform),
    };
    let exit = match done {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("error: {}", describe(&error));
            Kind::of(&error).exit()
        }
    };
    // Exit codes have eight bits; all of ours and of nextest's do.
    u8::try_from(exit.code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn perform(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::E2e(given) => commands::e2e(&given),
        Command::Up(given) => commands::up(&given),
        Command::Test(given) => commands::test(&given),
        Command::Down { suite } => commands::down(&suite),
        Command::Status { format } => commands::status(format),
        Command::Bench(given) => commands::bench(&given),
        Command::Hook { suite } => commands::hook(&suite),
        Command::Keeper { folder } => crate::keeper::serve(&folder).map(|()| Exit::Success),
        Command::Help(text) => {
            // Whoever reads it may have read enough: `cargo xtask --help | head -1`.
            let _ = std::io::stdout().write_all(text.as_bytes());
            Ok(Exit::Success)
        }
        Command::Nothing => {
            eprint!("{}", help::help());
            Ok(Exit::Usage)
        }
    }
}
