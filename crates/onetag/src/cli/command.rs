//! What a command line asks for, as values.

use std::time::Duration;

use camino::Utf8PathBuf;

use super::arguments::Given;
use super::grammar::{ALL, FORMAT, KEEP, KEEP_ON_FAILURE, PAIRS, READY_TIMEOUT};

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

/// A whole command line.
#[derive(Debug)]
pub(super) enum Command {
    E2e(E2e),
    Up(Up),
    Test(Test),
    Down {
        suite: String,
    },
    Status {
        format: Format,
    },
    Bench(Bench),
    Hook {
        suite: String,
    },
    Keeper {
        /// The folder of the run.
        folder: Utf8PathBuf,
    },
    /// Show this.
    Help(String),
    /// There is no argument at all.
    Nothing,
}

/// What the verbs make of their arguments. Errors: a value is missing or makes
/// no sense, arguments exclude each other.
impl Command {
    pub(super) fn e2e(given: &Given) -> anyhow::Result<Command> {
        let suites = match (given.flag(&ALL), given.several()) {
            (true, []) => None,
            (true, [name, ..]) => {
                return Err(given.wrong(format!("`--all` and `{name}` exclude each other")));
            }
            (false, []) => return Err(given.wrong("`e2e` needs a SERVICE, or `--all`")),
            (false, names) => Some(names.to_vec()),
        };
        Ok(Command::E2e(E2e {
            suites,
            keep: given.flag(&KEEP),
            keep_on_failure: given.flag(&KEEP_ON_FAILURE),
            ready_timeout: given.duration(&READY_TIMEOUT)?,
            format: format(given),
            nextest: given.nextest(),
        }))
    }

    pub(super) fn up(given: &Given) -> anyhow::Result<Command> {
        let ready_timeout = given.duration(&READY_TIMEOUT)?;
        Ok(Command::Up(Up { suite: given.one()?, ready_timeout, format: format(given) }))
    }

    pub(super) fn test(given: &Given) -> anyhow::Result<Command> {
        let nextest = given.nextest();
        Ok(Command::Test(Test { suite: given.one()?, format: format(given), nextest }))
    }

    pub(super) fn down(given: &Given) -> anyhow::Result<Command> {
        Ok(Command::Down { suite: given.one()? })
    }

    pub(super) fn status(given: &Given) -> anyhow::Result<Command> {
        Ok(Command::Status { format: format(given) })
    }

    pub(super) fn bench(given: &Given) -> anyhow::Result<Command> {
        Ok(Command::Bench(Bench {
            suite: given.one()?,
            pairs: given.count(&PAIRS)?.into(),
            format: format(given),
            nextest: given.nextest(),
        }))
    }

    pub(super) fn hook(given: &Given) -> anyhow::Result<Command> {
        Ok(Command::Hook { suite: given.one()? })
    }

    pub(super) fn keeper(given: &Given) -> anyhow::Result<Command> {
        Ok(Command::Keeper { folder: given.one()?.into() })
    }
}

/// The grammar lets no other words through.
fn format(given: &Given) -> Format {
    match given.value(&FORMAT) {
        "json" => Format::Json,
        _ => Format::Human,
    }
}
