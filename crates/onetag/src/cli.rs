//! The command line: its grammar, and the one place where an error becomes text
//! and an exit code.

use std::process::ExitCode;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::exit::{Exit, classify, describe};

/// End-to-end tests of this workspace's services.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build, deploy, prove, test, and leave nothing behind: the main job.
    E2e(E2e),
    /// Start what a suite needs and keep it, or bring what is kept up to date.
    Up(Up),
    /// Run a suite against its kept run; refuses what is stale.
    Test(Test),
    /// End the kept runs of a suite.
    Down(Down),
    /// Show the runs that there are.
    Status(Status),
    /// Hand the environment of a run to nextest; a setup script of its
    /// configuration calls this.
    Hook(Hook),
    /// The parent of a run's services.
    #[command(hide = true)]
    Keeper { folder: Utf8PathBuf },
    /// The moment before a service starts.
    #[command(hide = true)]
    Launch {
        #[arg(long)]
        keeper: u32,
        executable: Utf8PathBuf,
    },
}

/// Options of the verbs that build and deploy.
#[derive(Clone, Debug, Args)]
pub(crate) struct Deploying {
    /// How long a service may take to become ready, for example `90s`.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    pub(crate) ready_timeout: Duration,
}

/// Options of the verbs that report.
#[derive(Clone, Debug, Args)]
pub(crate) struct Reporting {
    /// What goes to stdout: nothing (talk goes to stderr), or one JSON document.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct E2e {
    /// Suites to run, one after the other; most are named like their service.
    #[arg(value_name = "SERVICE", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) suites: Vec<String>,
    /// Run every suite of the workspace.
    #[arg(long)]
    pub(crate) all: bool,
    /// Keep the run for `test`, `up` and `down`.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Keep the run if anything fails.
    #[arg(long)]
    pub(crate) keep_on_failure: bool,
    #[command(flatten)]
    pub(crate) deploying: Deploying,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
    /// What nextest gets as well, for example `-E 'test(name)'`.
    #[arg(last = true, value_name = "NEXTEST ARGS")]
    pub(crate) nextest: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// The suite whose services are started.
    #[arg(value_name = "SERVICE")]
    pub(crate) suite: String,
    #[command(flatten)]
    pub(crate) deploying: Deploying,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The suite to run.
    #[arg(value_name = "SERVICE")]
    pub(crate) suite: String,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
    /// What nextest gets as well, for example `-E 'test(name)'`.
    #[arg(last = true, value_name = "NEXTEST ARGS")]
    pub(crate) nextest: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// The suite whose kept runs end.
    #[arg(value_name = "SERVICE")]
    pub(crate) suite: String,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

#[derive(Debug, Args)]
pub(crate) struct Hook {
    /// The suite whose tests are about to run.
    #[arg(value_name = "SERVICE")]
    pub(crate) suite: String,
}

/// Runs the command line of this process.
///
/// Usage errors end the process here, with code 2.
pub fn main() -> ExitCode {
    let exit = match dispatch(Cli::parse().command) {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("error: {}", describe(&error));
            classify(&error)
        }
    };
    // Exit codes have eight bits; all of ours and of nextest's do.
    u8::try_from(exit.code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn dispatch(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::E2e(arguments) => commands::e2e(&arguments),
        Command::Up(arguments) => commands::up(&arguments),
        Command::Test(arguments) => commands::test(&arguments),
        Command::Down(arguments) => commands::down(&arguments),
        Command::Status(arguments) => commands::status(&arguments),
        Command::Hook(arguments) => commands::hook(&arguments),
        Command::Keeper { folder } => crate::keeper::serve(&folder).map(|()| Exit::Success),
        Command::Launch { keeper, executable } => {
            crate::keeper::launch(keeper, &executable).map(|()| Exit::Success)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn arguments_for_nextest_follow_two_dashes() {
        let cli = Cli::parse_from(["xtask", "e2e", "a", "b", "--keep", "--", "-E", "test(x)"]);
        let Command::E2e(e2e) = cli.command else { panic!("{cli:?}") };
        assert_eq!(e2e.suites, ["a", "b"]);
        assert_eq!(e2e.nextest, ["-E", "test(x)"]);
        assert!(Cli::try_parse_from(["xtask", "e2e"]).is_err());
        assert!(Cli::try_parse_from(["xtask", "e2e", "--all", "a"]).is_err());
    }
}
