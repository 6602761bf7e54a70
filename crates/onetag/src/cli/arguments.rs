//! Arguments, read by the grammar.
//!
//! `lexopt` tells options, their values and other arguments apart; the grammar
//! says which there are. All errors are usage errors.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::num::NonZeroU16;
use std::time::Duration;

use anyhow::anyhow;
use lexopt::{Arg, Parser};

use super::command::Command;
use super::grammar::{HELP, Opt, VERBS, Verb, verb};
use super::help::{help, help_of};
use crate::workspace::suggest;

/// What a whole command line asks for; the program's name comes first.
pub(super) fn command(line: impl IntoIterator<Item = OsString>) -> anyhow::Result<Command> {
    let mut parser = Parser::from_iter(line);
    let misplaced = |what: &str| wrong(None, format!("unexpected `{what}` before the verb"));
    if two_dashes(&mut parser) {
        return Err(misplaced("--"));
    }
    let name = match parser.next()? {
        None => return Ok(Command::Nothing),
        Some(Arg::Short('h')) => return Ok(Command::Help(help())),
        Some(Arg::Short(letter)) => return Err(misplaced(&format!("-{letter}"))),
        Some(Arg::Long(name)) if name == HELP.name => {
            no_value(None, &HELP, &mut parser)?;
            return Ok(Command::Help(help()));
        }
        Some(Arg::Long(name)) => return Err(misplaced(&format!("--{name}"))),
        Some(Arg::Value(name)) => text(name)?,
    };
    let Some(verb) = verb(&name) else {
        let verbs = VERBS.iter().filter(|verb| !verb.hidden).map(|verb| verb.name);
        let hint = suggest::hint(&name, "verbs", verbs);
        return Err(wrong(None, format!("no verb named `{name}`\n{hint}")));
    };
    match Given::read(verb, &mut parser)? {
        None => Ok(Command::Help(help_of(verb))),
        Some(given) => (verb.command)(&given),
    }
}

/// The arguments of one verb.
#[derive(Debug)]
pub(super) struct Given {
    verb: &'static Verb,
    positional: Vec<String>,
    /// The names of options, each with its value; none for a flag.
    options: Vec<(&'static str, Option<String>)>,
    nextest: Vec<String>,
}

impl Given {
    /// Reads all that stands behind the verb; none if that asks for help.
    fn read(verb: &'static Verb, parser: &mut Parser) -> anyhow::Result<Option<Given>> {
        let mut given =
            Given { verb, positional: Vec::new(), options: Vec::new(), nextest: Vec::new() };
        loop {
            if verb.nextest && two_dashes(parser) {
                given.nextest = parser.raw_args()?.map(text).collect::<anyhow::Result<_>>()?;
                return Ok(Some(given));
            }
            match parser.next()? {
                None => return Ok(Some(given)),
                Some(Arg::Short('h')) => return Ok(None),
                Some(Arg::Short(letter)) => return Err(given.no_option(&format!("-{letter}"))),
                Some(Arg::Long(name)) => {
                    let Some(option) = verb.all_options().find(|option| option.name == name) else {
                        return Err(given.no_option(&format!("--{name}")));
                    };
                    let value = given.value_of(option, parser)?;
                    if option.name == HELP.name {
                        return Ok(None);
                    }
                    given.add_option(option, value)?;
                }
                Some(Arg::Value(argument)) => given.add_positional(text(argument)?)?,
            }
        }
    }

    fn value_of(&self, option: &Opt, parser: &mut Parser) -> anyhow::Result<Option<String>> {
        let Some(value) = &option.value else {
            no_value(Some(self.verb), option, parser)?;
            return Ok(None);
        };
        // No value begins with a dash: where one is missing, an option may follow.
        let is_value = |next: &OsStr| !next.as_encoded_bytes().starts_with(b"-");
        let given = match parser.optional_value() {
            Some(given) => given,
            None => parser.raw_args()?.next_if(is_value).ok_or_else(|| {
                self.wrong(format!("`{option}` needs a value\n{}", value.hint(option)))
            })?,
        };
        let given = text(given)?;
        if !value.words.is_empty() && !value.words.contains(&given.as_str()) {
            let hint = suggest::hint(&given, "values", value.words.iter().copied());
            return Err(self.wrong(format!("`{option}` cannot be `{given}`\n{hint}")));
        }
        Ok(Some(given))
    }

    fn add_option(&mut self, option: &Opt, value: Option<String>) -> anyhow::Result<()> {
        if self.options.iter().any(|(name, _)| *name == option.name) {
            return Err(self.wrong(format!("`{option}` is given twice")));
        }
        self.options.push((option.name, value));
        Ok(())
    }

    fn add_positional(&mut self, argument: String) -> anyhow::Result<()> {
        let verb = self.verb.name;
        match &self.verb.positional {
            None => Err(self.wrong(format!("unexpected argument `{argument}`"))),
            Some(one) if !one.several && !self.positional.is_empty() => Err(self.wrong(format!(
                "unexpected argument `{argument}`: `{verb}` takes one {}",
                one.name
            ))),
            Some(_) => {
                self.positional.push(argument);
                Ok(())
            }
        }
    }

    fn no_option(&self, given: &str) -> anyhow::Error {
        let options: Vec<String> = self.verb.all_options().map(Opt::to_string).collect();
        let mut hint = suggest::hint(given, "options", options.iter().map(String::as_str));
        if self.verb.nextest {
            hint += "\nhint: what is meant for nextest comes after `--`";
        }
        self.wrong(format!("`{}` has no option `{given}`\n{hint}", self.verb.name))
    }

    /// An error in these arguments; its last line says how to get help.
    pub(super) fn wrong(&self, what: impl Display) -> anyhow::Error {
        wrong(Some(self.verb), what)
    }

    /// Whether a flag is set.
    pub(super) fn flag(&self, option: &Opt) -> bool {
        self.options.iter().any(|(name, _)| *name == option.name)
    }

    /// The value of an option, else its default.
    pub(super) fn value(&self, option: &Opt) -> &str {
        let given = self.options.iter().find(|(name, _)| *name == option.name);
        let default = option.value.as_ref().map(|value| value.default);
        given.and_then(|(_, value)| value.as_deref()).or(default).unwrap_or_default()
    }

    pub(super) fn duration(&self, option: &Opt) -> anyhow::Result<Duration> {
        let given = self.value(option);
        humantime::parse_duration(given).map_err(|error| {
            let hint = option.value.as_ref().map_or(String::new(), |value| value.hint(option));
            self.wrong(format!("`{option}` cannot be `{given}`: {error}\n{hint}"))
        })
    }

    /// A whole number from 1 on.
    pub(super) fn count(&self, option: &Opt) -> anyhow::Result<u16> {
        let given = self.value(option);
        let count = given.parse().map(NonZeroU16::get).map_err(|_| {
            self.wrong(format!(
                "`{option}` cannot be `{given}`: it is a whole number from 1 to {}",
                u16::MAX
            ))
        })?;
        Ok(count)
    }

    /// The one argument that is required.
    pub(super) fn one(&self) -> anyhow::Result<String> {
        self.positional.first().cloned().ok_or_else(|| {
            let name = self.verb.positional.as_ref().map_or("argument", |it| it.name);
            self.wrong(format!("`{}` needs a {name}", self.verb.name))
        })
    }

    /// All arguments that are no options.
    pub(super) fn several(&self) -> &[String] {
        &self.positional
    }

    /// What stands behind `--`, for nextest.
    pub(super) fn nextest(&self) -> Vec<String> {
        self.nextest.clone()
    }
}

/// Takes `--` away if it comes next.
fn two_dashes(parser: &mut Parser) -> bool {
    parser.try_raw_args().is_some_and(|mut rest| rest.next_if(|next| next == "--").is_some())
}

fn no_value(verb: Option<&Verb>, flag: &Opt, parser: &mut Parser) -> anyhow::Result<()> {
    match parser.optional_value() {
        None => Ok(()),
        Some(value) => {
            let value = value.to_string_lossy();
            Err(wrong(verb, format!("`{flag}` takes no value, not `{value}`")))
        }
    }
}

/// An error whose last line says how to get help, of the verb if there is one.
fn wrong(verb: Option<&Verb>, what: impl Display) -> anyhow::Error {
    let verb = verb.map_or(String::new(), |verb| format!(" {}", verb.name));
    anyhow!("{what}\nhint: cargo xtask{verb} --help")
}

fn text(argument: OsString) -> anyhow::Result<String> {
    argument.into_string().map_err(|argument| {
        anyhow!("the argument `{}` is not valid UTF-8", argument.to_string_lossy())
    })
}
