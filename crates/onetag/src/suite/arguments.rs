//! What the caller adds for nextest behind `--`.
//!
//! A list of what may be passed on, not of what may not: an option that a later
//! nextest has, or one with which it runs no test, could make a run green that
//! tested nothing.

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

/// An option of `cargo nextest run` (0.9.143) that may be passed on.
struct Allowed {
    role: Role,
    name: &'static str,
    short: Option<char>,
    aliases: &'static [&'static str],
    takes_value: bool,
}

const fn allowed(role: Role, name: &'static str, takes_value: bool) -> Allowed {
    Allowed { role, name, short: None, aliases: &[], takes_value }
}

impl Allowed {
    const fn short(mut self, short: char) -> Allowed {
        self.short = Some(short);
        self
    }

    const fn aliases(mut self, aliases: &'static [&'static str]) -> Allowed {
        self.aliases = aliases;
        self
    }
}

const ALLOWED: [Allowed; 23] = [
    allowed(Role::Filter, FILTERSET, true).short('E').aliases(&["filter-expr"]),
    allowed(Role::Filter, "run-ignored", true),
    allowed(Role::Filter, "partition", true),
    allowed(Role::Runner, "test-threads", true).short('j').aliases(&["jobs"]),
    allowed(Role::Runner, "retries", true),
    allowed(Role::Runner, "flaky-result", true),
    allowed(Role::Runner, "fail-fast", false).aliases(&["ff"]),
    allowed(Role::Runner, "no-fail-fast", false).aliases(&["nff"]),
    allowed(Role::Runner, "max-fail", true),
    allowed(Role::Runner, "no-capture", false).aliases(&["nocapture"]),
    allowed(Role::Runner, "stress-count", true),
    allowed(Role::Runner, "stress-duration", true),
    allowed(Role::Runner, "success-output", true),
    allowed(Role::Runner, "failure-output", true),
    allowed(Role::Runner, "status-level", true),
    allowed(Role::Runner, "final-status-level", true),
    allowed(Role::Runner, "no-output-indent", false),
    allowed(Role::Runner, "show-progress", true),
    allowed(Role::Runner, "hide-progress-bar", false),
    allowed(Role::Runner, "max-progress-running", true),
    allowed(Role::Runner, "color", true),
    allowed(Role::Runner, "verbose", false).short('v'),
    allowed(Role::Runner, "no-pager", false),
];

const FILTERSET: &str = "filterset";
const NAMES: &str = "names";
const BINARY_ARGUMENTS: &str = "binary-arguments";

/// What may follow a second `--`: options of test binaries that nextest emulates.
const ALLOWED_OF_BINARIES: [Allowed; 5] = [
    allowed(Role::Filter, "ignored", false),
    allowed(Role::Filter, "include-ignored", false),
    allowed(Role::Filter, "skip", true),
    allowed(Role::Filter, "exact", false),
    allowed(Role::Runner, "nocapture", false).aliases(&["no-capture"]),
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
        let command = grammar("nextest", &ALLOWED)
            .arg(Arg::new(BINARY_ARGUMENTS).num_args(0..).last(true).allow_hyphen_values(true));
        let matches = parse(command, arguments, &ALLOWED)?;
        let after: Vec<String> = values(&matches, BINARY_ARGUMENTS);
        parse(grammar("binary", &ALLOWED_OF_BINARIES), &after, &ALLOWED_OF_BINARIES)?;

        let of_role = |role| {
            let options = ALLOWED.iter().filter(move |option| option.role == role);
            options.filter(|option| option.name != FILTERSET).flat_map(|option| {
                let name = format!("--{}", option.name);
                match option.takes_value {
                    true => values(&matches, option.name)
                        .into_iter()
                        .map(|value| format!("{name}={value}"))
                        .collect(),
                    false => vec![name; matches.get_count(option.name).into()],
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

    /// Everything but the filtersets, for `cargo nextest run`.
    pub(crate) fn rest(&self) -> Vec<String> {
        [self.runner.as_slice(), self.filters.as_slice()].concat()
    }
}

/// A command line with these options, and names of tests.
fn grammar(name: &'static str, allowed: &'static [Allowed]) -> Command {
    let options = allowed.iter().map(|option| {
        let action = if option.takes_value { ArgAction::Append } else { ArgAction::Count };
        let arg = Arg::new(option.name).long(option.name).action(action);
        arg.short(option.short).visible_aliases(option.aliases.iter().copied())
    });
    Command::new(name)
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(options)
        .arg(Arg::new(NAMES).num_args(0..))
}

fn parse(
    command: Command,
    arguments: &[String],
    allowed: &[Allowed],
) -> anyhow::Result<ArgMatches> {
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
        let options = allowed.iter().map(|option| format!("--{}", option.name));
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
