//! The grammar of the command line.
//!
//! It is built without clap's derive macros: they and what they need would add
//! four seconds to every cold build of the harness.

use clap::{Arg, ArgAction, Command, value_parser};

/// All verbs with their options.
pub(super) fn grammar() -> Command {
    Command::new("xtask")
        .bin_name("cargo xtask")
        .about("End-to-end tests of this workspace's services")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(e2e())
        .subcommand(
            Command::new("up")
                .about("Start what a suite needs and keep it, or bring what is kept up to date")
                .arg(suite("The suite whose services are started"))
                .args([ready_timeout(), format()]),
        )
        .subcommand(
            Command::new("test")
                .about("Run a suite against its kept run; refuses what is stale")
                .arg(suite("The suite to run"))
                .args([format(), nextest()]),
        )
        .subcommand(
            Command::new("down")
                .about("End the kept runs of a suite")
                .arg(suite("The suite whose kept runs end")),
        )
        .subcommand(Command::new("status").about("Show the runs that there are").arg(format()))
        .subcommand(
            Command::new("bench")
                .about("Measure what a run costs, against the same done by hand")
                .arg(suite("The suite to measure with"))
                .arg(
                    Arg::new("pairs")
                        .long("pairs")
                        .value_name("COUNT")
                        .default_value("9")
                        .value_parser(value_parser!(u16).range(1..))
                        .help("How often each way is measured in each case"),
                )
                .args([format(), nextest()]),
        )
        .subcommand(
            Command::new("hook")
                .about(
                    "Hand the environment of a run to nextest; a setup script of its \
                     configuration calls this",
                )
                .arg(suite("The suite whose tests are about to run")),
        )
        .subcommand(
            Command::new("keeper")
                .about("The parent of a run's services")
                .hide(true)
                .arg(Arg::new("folder").required(true)),
        )
}

fn e2e() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("e2e")
        .about("Build, deploy, prove, test, and leave nothing behind: the main job")
        .arg(
            Arg::new("suites")
                .value_name("SERVICE")
                .num_args(1..)
                .required_unless_present("all")
                .conflicts_with("all")
                .help("Suites to run, one after the other; most are named like their service"),
        )
        .arg(flag("all", "Run every suite of the workspace"))
        .arg(flag("keep", "Keep the run for `test`, `up` and `down`"))
        .arg(flag("keep-on-failure", "Keep the run if anything fails"))
        .args([ready_timeout(), format(), nextest()])
}

fn suite(help: &'static str) -> Arg {
    Arg::new("suite").value_name("SERVICE").required(true).help(help)
}

fn ready_timeout() -> Arg {
    Arg::new("ready-timeout")
        .long("ready-timeout")
        .value_name("DURATION")
        .default_value("60s")
        .value_parser(|text: &str| humantime::parse_duration(text))
        .help("How long a service may take to become ready, for example `90s`")
}

fn format() -> Arg {
    Arg::new("format")
        .long("format")
        .value_parser(["human", "json"])
        .default_value("human")
        .help("What goes to stdout: nothing (talk goes to stderr), or one JSON document")
}

fn nextest() -> Arg {
    Arg::new("nextest")
        .value_name("NEXTEST ARGS")
        .num_args(0..)
        .last(true)
        .allow_hyphen_values(true)
        .help("What nextest gets as well, for example `-E 'test(name)'`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        grammar().debug_assert();
    }

    #[test]
    fn the_verbs_are_listed_with_what_they_do() {
        insta::assert_snapshot!(grammar().render_help(), @r"
        End-to-end tests of this workspace's services

        Usage: cargo xtask <COMMAND>

        Commands:
          e2e     Build, deploy, prove, test, and leave nothing behind: the main job
          up      Start what a suite needs and keep it, or bring what is kept up to date
          test    Run a suite against its kept run; refuses what is stale
          down    End the kept runs of a suite
          status  Show the runs that there are
          bench   Measure what a run costs, against the same done by hand
          hook    Hand the environment of a run to nextest; a setup script of its configuration calls this

        Options:
          -h, --help  Print help
        ");
    }
}
