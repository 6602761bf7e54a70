//! The command line: the one place where an error becomes text and an exit code.

mod grammar;

use std::process::ExitCode;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::ArgMatches;

use crate::commands;
use crate::exit::{Exit, classify, describe};
use crate::launch::{LAUNCH, launch};
use crate::suite::program_arguments;
use grammar::grammar;

/// What goes to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Nothing: talk goes to stderr.
    Human,
    /// One JSON document.
    Json,
}

/// What `e2e` is asked to do.
#[derive(Debug)]
pub(crate) struct E2e {
    /// None if all suites are meant.
    pub(crate) suites: Option<Vec<String>>,
    pub(crate) keep: bool,
    pub(crate) keep_on_failure: bool,
    /// How long a service may take to become ready.
    pub(crate) ready_timeout: Duration,
    pub(crate) format: Format,
    /// What nextest gets as well.
    pub(crate) nextest: Vec<String>,
}

/// What `up` is asked to do.
#[derive(Debug)]
pub(crate) struct Up {
    pub(crate) suite: String,
    /// How long a service may take to become ready.
    pub(crate) ready_timeout: Duration,
    pub(crate) format: Format,
}

/// What `test` is asked to do.
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) suite: String,
    pub(crate) format: Format,
    /// What nextest gets as well.
    pub(crate) nextest: Vec<String>,
}

/// What `bench` is asked to do.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) suite: String,
    /// Laps of each way in each case.
    pub(crate) pairs: usize,
    pub(crate) format: Format,
    /// What nextest gets as well, both ways.
    pub(crate) nextest: Vec<String>,
}

/// Runs the command line of this process.
///
/// Usage errors end the process here, with code 2.
pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let done = match arguments.next() {
        Some(verb) if verb == LAUNCH => launch(arguments).map(|()| Exit::Success),
        _ => dispatch(&grammar().get_matches_from(program_arguments())),
    };
    let exit = match done {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("error: {}", describe(&error));
            classify(&error)
        }
    };
    // Exit codes have eight bits; all of ours and of nextest's do.
    u8::try_from(exit.code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn dispatch(matches: &ArgMatches) -> anyhow::Result<Exit> {
    let Some((verb, given)) = matches.subcommand() else {
        anyhow::bail!("the grammar requires a verb");
    };
    match verb {
        "e2e" => commands::e2e(&E2e::given(given)),
        "up" => commands::up(&Up::given(given)),
        "test" => commands::test(&Test::given(given)),
        "down" => commands::down(&suite(given)),
        "status" => commands::status(format(given)),
        "bench" => commands::bench(&Bench::given(given)),
        "hook" => commands::hook(&suite(given)),
        "keeper" => crate::keeper::serve(&path(given, "folder")).map(|()| Exit::Success),
        other => anyhow::bail!("the verb `{other}` is in the grammar alone"),
    }
}

impl E2e {
    fn given(given: &ArgMatches) -> E2e {
        E2e {
            suites: (!given.get_flag("all")).then(|| several(given, "suites")),
            keep: given.get_flag("keep"),
            keep_on_failure: given.get_flag("keep-on-failure"),
            ready_timeout: ready_timeout(given),
            format: format(given),
            nextest: several(given, "nextest"),
        }
    }
}

impl Up {
    fn given(given: &ArgMatches) -> Up {
        Up { suite: suite(given), ready_timeout: ready_timeout(given), format: format(given) }
    }
}

impl Test {
    fn given(given: &ArgMatches) -> Test {
        Test { suite: suite(given), format: format(given), nextest: several(given, "nextest") }
    }
}

impl Bench {
    fn given(given: &ArgMatches) -> Bench {
        let pairs = given.get_one::<u16>("pairs").copied().unwrap_or_default();
        Bench {
            suite: suite(given),
            pairs: pairs.into(),
            format: format(given),
            nextest: several(given, "nextest"),
        }
    }
}

// What the grammar requires is there, and what has a default has it; an empty
// value stands for neither.

fn suite(given: &ArgMatches) -> String {
    given.get_one::<String>("suite").cloned().unwrap_or_default()
}

fn several(given: &ArgMatches, name: &str) -> Vec<String> {
    given.get_many::<String>(name).map(|values| values.cloned().collect()).unwrap_or_default()
}

fn path(given: &ArgMatches, name: &str) -> Utf8PathBuf {
    given.get_one::<String>(name).map(Utf8PathBuf::from).unwrap_or_default()
}

fn ready_timeout(given: &ArgMatches) -> Duration {
    given.get_one::<Duration>("ready-timeout").copied().unwrap_or_default()
}

fn format(given: &ArgMatches) -> Format {
    match given.get_one::<String>("format").map(String::as_str) {
        Some("json") => Format::Json,
        _ => Format::Human,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn e2e(arguments: &[&str]) -> Result<E2e, clap::Error> {
        let line = ["xtask", "e2e"].iter().chain(arguments);
        let matches = grammar().try_get_matches_from(line)?;
        Ok(E2e::given(matches.subcommand_matches("e2e").unwrap()))
    }

    #[test]
    fn arguments_for_nextest_follow_two_dashes() {
        let given = e2e(&["a", "b", "--keep", "--", "-E", "test(x)"]).unwrap();
        assert_eq!(given.suites.unwrap(), ["a", "b"]);
        assert_eq!(given.nextest, ["-E", "test(x)"]);
        assert!(given.keep && !given.keep_on_failure);
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let given = e2e(&["--all"]).unwrap();
        assert!(given.suites.is_none());
        assert_eq!(given.ready_timeout, Duration::from_secs(60));
        assert_eq!(given.format, Format::Human);
    }

    #[test]
    fn options_have_values_that_make_sense() {
        let given = e2e(&["a", "--ready-timeout", "1m 30s", "--format=json"]).unwrap();
        assert_eq!(given.ready_timeout, Duration::from_secs(90));
        assert_eq!(given.format, Format::Json);
        for wrong in [
            &["a", "--ready-timeout", "soon"][..],
            &["a", "--format", "xml"],
            &["a", "--kep"],
            &["--all", "a"],
            &[],
        ] {
            assert_eq!(e2e(wrong).unwrap_err().exit_code(), 2, "{wrong:?}");
        }
    }
}
