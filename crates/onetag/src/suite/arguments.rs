//! What the caller adds for nextest behind `--`.

use anyhow::anyhow;

use crate::error::{Attach as _, Kind};

/// Options that would change what is run, where, or with which configuration:
/// then the tests would no longer be those of the suite against this run.
const REFUSED: [&str; 33] = [
    "--profile",
    "-P",
    "--cargo-profile",
    "--release",
    "-r",
    "--cargo-metadata",
    "--binaries-metadata",
    "--archive-file",
    "--archive-format",
    "--extract-to",
    "--target-dir-remap",
    "--workspace-remap",
    "--build-dir-remap",
    "--tool-config-file",
    "--config-file",
    "--manifest-path",
    "--target-dir",
    "--target",
    "--package",
    "-p",
    "--workspace",
    "--all",
    "--exclude",
    "--lib",
    "--bin",
    "--bins",
    "--test",
    "--tests",
    "--all-targets",
    "--features",
    "-F",
    "--no-run",
    "--ignore-default-filter",
];

/// Options that nextest itself takes with a value in the next argument, so that
/// the value is not taken for an option. Only those that can have dashes in it.
const FILTERSET: [&str; 3] = ["-E", "--filterset", "--filter-expr"];

/// The caller's arguments, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NextestArguments {
    filtersets: Vec<String>,
    rest: Vec<String>,
}

impl NextestArguments {
    /// Checks the arguments and sets the filtersets apart.
    ///
    /// Errors, all of them usage: an option that the harness sets itself, a
    /// filterset option without a filterset.
    pub(crate) fn new(arguments: &[String]) -> anyhow::Result<NextestArguments> {
        Self::checked(arguments).kind(Kind::Usage)
    }

    fn checked(arguments: &[String]) -> anyhow::Result<NextestArguments> {
        let mut checked = NextestArguments::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with('-') => (name, Some(value.to_owned())),
                _ => (argument.as_str(), None),
            };
            if argument == "--" {
                // What follows goes to the test binaries.
                checked.rest.push(argument.clone());
                checked.rest.extend(arguments.by_ref().cloned());
            } else if FILTERSET.contains(&name) {
                let value = value.or_else(|| arguments.next().cloned()).ok_or_else(|| {
                    anyhow!("`{argument}` needs a filterset\nhint: -E 'test(name)'")
                })?;
                checked.filtersets.push(value);
            } else if let Some(value) = argument.strip_prefix("-E").filter(|v| !v.is_empty()) {
                checked.filtersets.push(value.to_owned());
            } else if REFUSED.contains(&name) || is_short(argument, "Pp") {
                return Err(anyhow!(
                    "`{argument}` cannot be passed on to nextest: the harness decides what is \
                     built and which profile it runs with\nhint: narrow the suite down with \
                     -E 'test(name)'"
                ));
            } else {
                checked.rest.push(argument.clone());
            }
        }
        Ok(checked)
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

    /// Everything else, in order.
    pub(crate) fn rest(&self) -> &[String] {
        &self.rest
    }
}

/// Whether the argument is one of these short options with its value attached.
fn is_short(argument: &str, options: &str) -> bool {
    let mut letters = argument.chars();
    letters.next() == Some('-') && letters.next().is_some_and(|letter| options.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> anyhow::Result<NextestArguments> {
        NextestArguments::new(&arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn filtersets_narrow_the_suite_down() {
        let suite = "binary_id(e2e::alpha)";
        assert_eq!(parse(&[]).unwrap().filterset(suite), suite);
        for arguments in [
            ["-E", "test(x)"].as_slice(),
            &["-E=test(x)"],
            &["--filterset=test(x)"],
            &["-Etest(x)"],
        ] {
            let filterset = parse(arguments).unwrap().filterset(suite);
            assert_eq!(filterset, "(binary_id(e2e::alpha)) & (test(x))", "{arguments:?}");
        }
        let two = parse(&["-E", "test(x)", "-E", "test(y)"]).unwrap().filterset(suite);
        assert_eq!(two, "(binary_id(e2e::alpha)) & ((test(x)) | (test(y)))");
    }

    #[test]
    fn other_arguments_go_through_in_order() {
        let arguments = ["name", "--no-capture", "-j", "1", "--", "--ignored", "-p"];
        let parsed = parse(&arguments).unwrap();
        assert_eq!(parsed.rest(), arguments);
    }

    #[test]
    fn what_would_change_the_run_is_refused() {
        for argument in
            ["--profile=x", "-P", "-Pci", "--binaries-metadata", "--release", "-pfoo", "--test"]
        {
            let error = parse(&[argument]).unwrap_err();
            assert_eq!(Kind::of(&error), Kind::Usage);
            assert!(error.to_string().starts_with(&format!("`{argument}` cannot")), "{error}");
        }
        assert!(parse(&["-E"]).is_err());
    }
}
