//! The grammar of the command line: verbs, options and what they mean.
//!
//! Both the reading of arguments and the help go by these tables, so that
//! neither knows what the other does not.

use std::fmt;

use super::arguments::Given;
use super::command::Command;

/// One verb, `cargo xtask <verb>`.
#[derive(Debug)]
pub(super) struct Verb {
    pub(super) name: &'static str,
    /// What it does, in one line.
    pub(super) about: &'static str,
    /// Only the harness itself calls it: no list has it.
    pub(super) hidden: bool,
    pub(super) positional: Option<Positional>,
    /// Its options, beside `--help`.
    pub(super) options: &'static [Opt],
    /// What follows `--` goes to nextest.
    pub(super) nextest: bool,
    /// Makes of what was given what is asked for.
    pub(super) command: fn(&Given) -> anyhow::Result<Command>,
}

/// Arguments that are no options.
#[derive(Debug)]
pub(super) struct Positional {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// Any number may be given; else it is exactly one.
    pub(super) several: bool,
}

/// An option, `--<name>`, of which each can be given once.
#[derive(Debug)]
pub(super) struct Opt {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// What stands behind it, none for a flag.
    pub(super) value: Option<Value>,
}

/// The value of an option.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) name: &'static str,
    /// What it is where the option is left out.
    pub(super) default: &'static str,
    /// All that it can be, if that can be listed.
    pub(super) words: &'static [&'static str],
}

/// All verbs, in the order in which the help lists them.
pub(super) static VERBS: [Verb; 8] = [
    Verb {
        name: "e2e",
        about: "Build, deploy, prove, test, and leave nothing behind: the main job",
        hidden: false,
        positional: Some(Positional {
            several: true,
            ..service("Suites to run, one after the other; most are named like their service")
        }),
        options: &[ALL, KEEP, KEEP_ON_FAILURE, READY_TIMEOUT, FORMAT],
        nextest: true,
        command: Command::e2e,
    },
    Verb {
        name: "up",
        about: "Start what a suite needs and keep it, or bring what is kept up to date",
        hidden: false,
        positional: Some(service("The suite whose services are started")),
        options: &[READY_TIMEOUT, FORMAT],
        nextest: false,
        command: Command::up,
    },
    Verb {
        name: "test",
        about: "Run a suite against its kept run; refuses what is stale",
        hidden: false,
        positional: Some(service("The suite to run")),
        options: &[FORMAT],
        nextest: true,
        command: Command::test,
    },
    Verb {
        name: "down",
        about: "End the kept runs of a suite",
        hidden: false,
        positional: Some(service("The suite whose kept runs end")),
        options: &[],
        nextest: false,
        command: Command::down,
    },
    Verb {
        name: "status",
        about: "Show the runs that there are",
        hidden: false,
        positional: None,
        options: &[FORMAT],
        nextest: false,
        command: Command::status,
    },
    Verb {
        name: "bench",
        about: "Measure what a run costs, against the same done by hand",
        hidden: false,
        positional: Some(service("The suite to measure with")),
        options: &[PAIRS, FORMAT],
        nextest: true,
        command: Command::bench,
    },
    Verb {
        name: "hook",
        about: "Hand the environment of a run to nextest; a setup script of its configuration \
                calls this",
        hidden: false,
        positional: Some(service("The suite whose tests are about to run")),
        options: &[],
        nextest: false,
        command: Command::hook,
    },
    Verb {
        name: "keeper",
        about: "The parent of a run's services",
        hidden: true,
        positional: Some(Positional {
            name: "FOLDER",
            help: "The folder of the run",
            several: false,
        }),
        options: &[],
        nextest: false,
        command: Command::keeper,
    },
];

pub(super) const ALL: Opt = flag("all", "Run every suite of the workspace");
pub(super) const KEEP: Opt = flag("keep", "Keep the run for `test`, `up` and `down`");
pub(super) const KEEP_ON_FAILURE: Opt = flag("keep-on-failure", "Keep the run if anything fails");

pub(super) const READY_TIMEOUT: Opt = Opt {
    name: "ready-timeout",
    help: "How long a service may take to become ready, for example `90s`",
    value: Some(Value { name: "DURATION", default: "60s", words: &[] }),
};

pub(super) const FORMAT: Opt = Opt {
    name: "format",
    help: "What goes to stdout: nothing (talk goes to stderr), or one JSON document",
    value: Some(Value { name: "FORMAT", default: "human", words: &["human", "json"] }),
};

pub(super) const PAIRS: Opt = Opt {
    name: "pairs",
    help: "How often each way is measured in each case",
    value: Some(Value { name: "COUNT", default: "9", words: &[] }),
};

/// Every verb has it, and so has the command line without a verb.
pub(super) static HELP: Opt = flag("help", "Print help");

const fn flag(name: &'static str, help: &'static str) -> Opt {
    Opt { name, help, value: None }
}

const fn service(help: &'static str) -> Positional {
    Positional { name: "SERVICE", help, several: false }
}

/// The verb of this name.
pub(super) fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

impl Verb {
    /// All options, `--help` last.
    pub(super) fn all_options(&self) -> impl Iterator<Item = &'static Opt> + use<> {
        self.options.iter().chain([&HELP])
    }
}

/// An option as it is written.
impl fmt::Display for Opt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{}", self.name)
    }
}

impl Value {
    /// What the value of `option` can be, for somebody who gave none.
    pub(super) fn hint(&self, option: &Opt) -> String {
        match self.words {
            [] => format!("hint: for example {option} {}", self.default),
            words => format!("hint: values: {}", words.join(", ")),
        }
    }
}
