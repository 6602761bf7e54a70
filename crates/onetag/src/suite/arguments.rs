//! What the caller adds for nextest behind `--`.
//!
//! A list of what may be passed on, not of what may not: an option that a later
//! nextest has, or one with which it runs no test, could make a run green that
//! tested nothing.

use ArgAction::{Append as Value, Count as Flag};
use Role::{Filter, Runner};
use anyhow::anyhow;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::error::{Attach as _, Kind};

/// What nextest does with an option.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// It selects tests: `cargo nextest list` has to know it as well.
    Filter,
    /// It says how they are run and reported.
    Runner,
}

/// An option of `cargo nextest run` (0.9.143) that may be passed on: whether it
/// takes a value, and its names. The first of them is passed on; a single letter is
/// its short one.
struct Allowed(Role, ArgAction, &'static [&'static str]);

const ALLOWED: [Allowed; 23] = [
    Allowed(Filter, Value, &[FILTERSET, "E", "filter-expr"]),
    Allowed(Filter, Value, &["run-ignored"]),
    Allowed(Filter, Value, &["partition"]),
    Allowed(Runner, Value, &["test-threads", "j", "jobs"]),
    Allowed(Runner, Value, &["retries"]),
    Allowed(Runner, Value, &["flaky-result"]),
    Allowed(Runner, Flag, &["fail-fast", "ff"]),
    Allowed(Runner, Flag, &["no-fail-fast", "nff"]),
    Allowed(Runner, Value, &["max-fail"]),
    Allowed(Runner, Flag, &["no-capture", "nocapture"]),
    Allowed(Runner, Value, &["stress-count"]),
    Allowed(Runner, Value, &["stress-duration"]),
    Allowed(Runner, Value, &["success-output"]),
    Allowed(Runner, Value, &["failure-output"]),
    Allowed(Runner, Value, &["status-level"]),
    Allowed(Runner, Value, &["final-status-level"]),
    Allowed(Runner, Flag, &["no-output-indent"]),
    Allowed(Runner, Value, &["show-progress"]),
    Allowed(Runner, Flag, &["hide-progress-bar"]),
    Allowed(Runner, Value, &["max-progress-running"]),
    Allowed(Runner, Value, &["color"]),
    Allowed(Runner, Flag, &["verbose", "v"]),
    Allowed(Runner, Flag, &["no-pager"]),
];

const FILTERSET: &str = "filterset";
const NAMES: &str = "names";
const BINARY_ARGUMENTS: &str = "binary-arguments";

/// What may follow a second `--`: options of test binaries that nextest emulates.
const ALLOWED_OF_BINARIES: [Allowed; 5] = [
    Allowed(Filter, Flag, &["ignored"]),
    Allowed(Filter, Flag, &["include-ignored"]),
    Allowed(Filter, Value, &["skip"]),
    Allowed(Filter, Flag, &["exact"]),
    Allowed(Runner, Flag, &["nocapture", "no-capture"]),
];

/// The caller's arguments, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NextestArguments {
    filtersets: Vec<String>,
    filters: Vec<String>,
    runner: Vec<String>,
}

impl NextestArguments {
    /// Checks the arguments, and tells those that select tests from the others.
    ///
    /// Errors, all of them usage: an argument that may not be passed on, an option
    /// without its value.
    pub(crate) fn new(arguments: &[String]) -> anyhow::Result<NextestArguments> {
        let matches = parse(&ALLOWED, arguments)?;
        let after: Vec<String> = values(&matches, BINARY_ARGUMENTS);
        parse(&ALLOWED_OF_BINARIES, &after)?;

        let of_role = |role| {
            let options = ALLOWED.iter().filter(move |option| option.0 == role);
            options.filter(|option| option.name() != FILTERSET).flat_map(|option| {
                let name = option.name();
                match option.1 {
                    Flag => vec![format!("--{name}"); matches.get_count(name).into()],
                    _ => values(&matches, name)
                        .into_iter()
                        .map(|value| format!("--{name}={value}"))
                        .collect(),
                }
            })
        };
        let mut filters: Vec<String> = of_role(Role::Filter).collect();
        filters.extend(values(&matches, NAMES));
        if !after.is_empty() {
            filters.push("--".to_owned());
            filters.extend(after);
        }
        Ok(NextestArguments {
            filtersets: values(&matches, FILTERSET),
            filters,
            runner: of_role(Role::Runner).collect(),
        })
    }

    /// The suite's filterset, narrowed down by the caller's.
    pub(crate) fn filterset(&self, suite: &str) -> String {
        match self.narrows() {
            None => suite.to_owned(),
            Some(narrowed) => format!("({suite}) & ({narrowed})"),
        }
    }

    /// What the caller narrows the suite down to.
    ///
    /// Several filtersets are alternatives, as they are for nextest.
    pub(crate) fn narrows(&self) -> Option<String> {
        match self.filtersets.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("({})", several.join(") | ("))),
        }
    }

    /// What else selects tests, for `cargo nextest list` and `run` alike. It comes
    /// last, since it may end with `--` and what follows.
    pub(crate) fn filters(&self) -> &[String] {
        &self.filters
    }

    /// Whether only a part of the tests is wanted, which depends on all of them.
    pub(crate) fn has_partition(&self) -> bool {
        self.filters.iter().any(|argument| argument.starts_with("--partition="))
    }

    /// Whether an option of the runner begins so.
    pub(crate) fn says(&self, option: &str) -> bool {
        self.runner.iter().any(|argument| argument.starts_with(option))
    }

    /// Everything but the filtersets, for `cargo nextest run`.
    pub(crate) fn rest(&self) -> Vec<String> {
        [self.runner.as_slice(), self.filters.as_slice()].concat()
    }
}

impl Allowed {
    fn name(&self) -> &'static str {
        self.2[0]
    }

    fn arg(&self) -> Arg {
        let (short, long): (Vec<&str>, Vec<&str>) = self.2.iter().partition(|name| name.len() == 1);
        Arg::new(self.name())
            .action(self.1.clone())
            .long(long[0])
            .visible_aliases(&long[1..])
            .short(short.first().and_then(|letter| letter.chars().next()))
    }
}

/// Reads a command line of these options and names of tests, and of whatever follows
/// another `--`.
fn parse(allowed: &'static [Allowed], arguments: &[String]) -> anyhow::Result<ArgMatches> {
    let command = Command::new("nextest")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(allowed.iter().map(Allowed::arg))
        .arg(Arg::new(NAMES).num_args(0..))
        .arg(Arg::new(BINARY_ARGUMENTS).num_args(0..).last(true).allow_hyphen_values(true));
    let refused = |error: clap::Error| {
        let argument = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(argument)) => argument.clone(),
            _ => arguments.join(" "),
        };
        let error = match error.kind() {
            ErrorKind::UnknownArgument => {
                anyhow!("`{argument}` cannot be passed on to nextest")
            }
            ErrorKind::InvalidValue => anyhow!("`{argument}` of nextest needs a value"),
            _ => anyhow!("`{argument}` cannot be passed on to nextest: {}", error.kind()),
        };
        let options = allowed.iter().map(|option| format!("--{}", option.name()));
        error
            .kind(Kind::Usage)
            .hint(format!("allowed are names of tests, {}", options.collect::<Vec<_>>().join(", ")))
    };
    command.try_get_matches_from(arguments).map_err(refused)
}

fn values(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches.get_many(name).into_iter().flatten().cloned().collect()
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
