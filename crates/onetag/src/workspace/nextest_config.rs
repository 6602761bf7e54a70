//! What `.config/nextest.toml` has to say for suites to run.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use anyhow::{Context as _, anyhow};
use toml::de::{DeTable, DeValue};

use super::topology::{Suite, Workspace};
use crate::error::{Attach as _, Kind};

const FILE: &str = ".config/nextest.toml";

/// Checks nextest's configuration of the repository, for runs with `profile`.
/// Returns a warning for each of `suites` that it has no hook for: `e2e` and
/// `test` bring their own, plain nextest and editors do not.
///
/// # Errors
///
/// The file is missing or cannot be read, lacks something without which no suite
/// runs, or says where the results go, which no option can overrule.
pub fn check_nextest_config(
    workspace: &Workspace,
    profile: &str,
    suites: &[&Suite],
) -> anyhow::Result<Vec<String>> {
    let path = workspace.root.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let lines = missing(workspace, &Config(None), profile).1;
            let error = anyhow!("{FILE}: the workspace has no such file").kind(Kind::Metadata);
            return Err(error.hint(format!("create {path} with these lines:\n{lines}")));
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
    };
    let table = DeTable::parse(&text)
        .map_err(|error| anyhow!("{FILE}: {}", error.to_string().trim_end()))
        .kind(Kind::Metadata)?;
    let root = DeValue::Table(table.into_inner());
    let config = Config(Some(&root));
    let (missing, lines) = missing(workspace, &config, profile);
    if !missing.is_empty() {
        let error = anyhow!("{FILE} lacks {}", missing.join(" and ")).kind(Kind::Metadata);
        return Err(error.hint(format!("{FILE} needs these lines:\n{lines}")));
    }
    if let Some(path) = config.at(&["profile", profile, "junit"]).spanned("path") {
        let line = text[..path].matches('\n').count() + 1;
        return Err(anyhow!(
            "{FILE}:{line}: `path` in [profile.{profile}.junit] puts the results where the harness \
             does not find them"
        ))
        .kind(Kind::Metadata)
        .hint(format!(
            "delete line {line} of {FILE}; the results of a run lie in its folder, as `junit.xml`"
        ));
    }
    let without = suites.iter().filter(|suite| !config.has_hook(profile, &suite.name));
    Ok(without
        .map(|suite| {
            format!(
                "{FILE}: profile `{profile}` has no hook for the suite `{0}`, so plain `cargo \
                 nextest run` and editors run its tests without one: add [scripts.setup.{0}] with \
                 `command = [\"cargo\", \"xtask\", \"hook\", \"{0}\"]`, and a rule \
                 [[profile.{profile}.scripts]]",
                suite.name
            )
        })
        .collect())
}

/// What is not there, and the lines that bring it.
fn missing(workspace: &Workspace, config: &Config<'_>, profile: &str) -> (Vec<String>, String) {
    let (mut missing, mut tables) = (Vec::new(), Vec::new());
    let experimental = config.at(&["experimental"]);
    let has_scripts = experimental.at(&["setup-scripts"]).0.and_then(DeValue::as_bool)
        == Some(true)
        || experimental.strings().contains(&"setup-scripts");
    if !has_scripts {
        missing.push("`setup-scripts = true` in [experimental]".to_owned());
        tables.push("[experimental]\nsetup-scripts = true\n".to_owned());
    }
    // Nextest does not inherit it from other profiles than the default one.
    if config.at(&["profile", profile, "default-filter"]).0.is_none() {
        let tests = tests_of_suites(workspace);
        missing.push(format!("`default-filter` in [profile.{profile}]"));
        if config.at(&["profile", "default", "default-filter"]).0.is_none() {
            tables.push(format!("[profile.default]\ndefault-filter = \"not ({tests})\"\n"));
        }
        tables.push(format!("[profile.{profile}]\ndefault-filter = \"{tests}\"\n"));
    }
    (missing, tables.join("\n"))
}

/// The filterset of the tests of all suites: packages that hold nothing else, and
/// single binaries of others.
fn tests_of_suites(workspace: &Workspace) -> String {
    let of_suites: BTreeSet<&str> =
        workspace.suites.values().flat_map(|suite| &suite.test_ids).map(String::as_str).collect();
    let is_of_suites = |package: &str| {
        let mut targets = workspace.test_targets.iter().filter(|test| test.package == package);
        targets.all(|test| of_suites.contains(test.binary_id.as_str()))
    };
    let parts: BTreeSet<String> = workspace
        .test_targets
        .iter()
        .filter(|test| of_suites.contains(test.binary_id.as_str()))
        .map(|test| match is_of_suites(&test.package) {
            true => format!("package(={}) & kind(test)", test.package),
            false => format!("binary_id(={})", test.binary_id),
        })
        .collect();
    match parts.is_empty() {
        true => "none()".to_owned(),
        false => Vec::from_iter(parts).join(" | "),
    }
}

/// A value of the file, or what there would be.
#[derive(Clone, Copy)]
struct Config<'a>(Option<&'a DeValue<'a>>);

impl<'a> Config<'a> {
    fn at(self, path: &[&str]) -> Config<'a> {
        let inner = |value: Option<&'a DeValue<'a>>, key: &&str| Some(value?.get(*key)?.get_ref());
        Config(path.iter().fold(self.0, inner))
    }

    /// Where the value of `key` begins in the file.
    fn spanned(self, key: &str) -> Option<usize> {
        Some(self.0?.get(key)?.span().start)
    }

    /// The profile and those that it inherits from, but for the default one.
    fn profiles(self, profile: &'a str) -> Vec<Config<'a>> {
        let next = |name: &&'a str| self.at(&["profile", *name, "inherits"]).string();
        // Nextest refuses a circle.
        let names = std::iter::successors(Some(profile), next).take(8);
        names.filter(|name| *name != "default").map(|name| self.at(&["profile", name])).collect()
    }

    /// Whether a rule gives tests of `profile` the hook of `suite`.
    fn has_hook(self, profile: &'a str, suite: &str) -> bool {
        let scripts = self.at(&["scripts", "setup"]).0.and_then(DeValue::as_table);
        let hooks: Vec<&str> = scripts
            .into_iter()
            .flat_map(|scripts| scripts.iter())
            .filter(|(_, script)| {
                let command = Config(Some(script.get_ref())).at(&["command"]);
                let words = [command.strings(), command.at(&["command-line"]).strings()].concat();
                let words: Vec<&str> = words.iter().flat_map(|text| text.split(' ')).collect();
                words.windows(2).any(|pair| pair == ["hook", suite])
            })
            .map(|(name, _)| name.get_ref().as_ref())
            .collect();
        let mut rules = self
            .profiles(profile)
            .into_iter()
            .chain([self.at(&["profile", "default"])])
            .flat_map(|table| table.at(&["scripts"]).list());
        rules.any(|rule| rule.at(&["setup"]).strings().iter().any(|name| hooks.contains(name)))
    }

    fn list(self) -> Vec<Config<'a>> {
        let array = self.0.and_then(DeValue::as_array);
        array.into_iter().flatten().map(|value| Config(Some(value.get_ref()))).collect()
    }

    fn string(self) -> Option<&'a str> {
        self.0?.as_str()
    }

    /// The strings of a list, or the only one.
    fn strings(self) -> Vec<&'a str> {
        let list = self.list();
        self.string().into_iter().chain(list.into_iter().filter_map(Config::string)).collect()
    }
}

#[cfg(test)]
#[path = "nextest_config_tests.rs"]
mod tests;
