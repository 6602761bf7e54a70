//! What `.config/nextest.toml` has to say for suites to run.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;
use semver::Version;
use serde_json::Value;
use toml::de::DeTable;

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
            let lines = missing(workspace, &Value::Null, profile).1;
            let error = anyhow!("{FILE}: the workspace has no such file").kind(Kind::Metadata);
            return Err(error.hint(format!("create {path} with these lines:\n{lines}")));
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
    };
    let config: Value = toml::from_str(&text)
        .map_err(|error| anyhow!("{FILE}: {}", error.to_string().trim_end()))
        .kind(Kind::Metadata)?;
    let (missing, lines) = missing(workspace, &config, profile);
    if !missing.is_empty() {
        let error = anyhow!("{FILE} lacks {}", missing.join(" and ")).kind(Kind::Metadata);
        return Err(error.hint(format!("{FILE} needs these lines:\n{lines}")));
    }
    if let Some(line) = line_of_junit_path(&text, profile) {
        return Err(anyhow!(
            "{FILE}:{line}: `path` in [profile.{profile}.junit] puts the results where the harness \
             does not find them"
        ))
        .kind(Kind::Metadata)
        .hint(format!(
            "delete line {line} of {FILE}; the results of a run lie in its folder, as `junit.xml`"
        ));
    }
    let without = suites.iter().filter(|suite| !has_hook(&config, profile, &suite.name));
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

/// The versions of nextest that the configuration of the repository at `root` requires and
/// recommends; none where it does not say, or cannot be read.
pub(crate) fn nextest_wanted(root: &Utf8Path) -> (Option<Version>, Option<Version>) {
    let text = std::fs::read_to_string(root.join(FILE)).unwrap_or_default();
    let config: Value = toml::from_str(&text).unwrap_or_default();
    let wanted = &config["nextest-version"];
    let version = |value: &Value| version(value.as_str()?);
    (version(wanted).or_else(|| version(&wanted["required"])), version(&wanted["recommended"]))
}

/// A version of nextest, whose last number may be left out.
fn version(text: &str) -> Option<Version> {
    Version::parse(text).or_else(|_| Version::parse(&format!("{text}.0"))).ok()
}

/// What is not there, and the lines that bring it.
fn missing(workspace: &Workspace, config: &Value, profile: &str) -> (Vec<String>, String) {
    let (mut missing, mut tables) = (Vec::new(), Vec::new());
    // A list of names first, a table now.
    let experimental = &config["experimental"];
    let has_scripts =
        experimental["setup-scripts"] == true || strings(experimental).contains(&"setup-scripts");
    if !has_scripts {
        missing.push("`setup-scripts = true` in [experimental]".to_owned());
        tables.push("[experimental]\nsetup-scripts = true\n".to_owned());
    }
    // Nextest does not inherit it from other profiles than the default one.
    if config["profile"][profile]["default-filter"].is_null() {
        let tests = tests_of_suites(workspace);
        missing.push(format!("`default-filter` in [profile.{profile}]"));
        if config["profile"]["default"]["default-filter"].is_null() {
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

/// The line of `junit.path` of the profile, counted from 1.
fn line_of_junit_path(text: &str, profile: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let profile = table.get_ref().get("profile")?.get_ref().get(profile)?.get_ref();
    let path = profile.get("junit")?.get_ref().get("path")?.span().start;
    Some(text[..path].matches('\n').count() + 1)
}

/// Whether a rule gives tests of `profile` the hook of `suite`.
fn has_hook(config: &Value, profile: &str, suite: &str) -> bool {
    let is_hook = |script: &str| {
        let command = &config["scripts"]["setup"][script]["command"];
        let strings = [strings(command), strings(&command["command-line"])].concat();
        let words: Vec<&str> = strings.iter().flat_map(|string| string.split(' ')).collect();
        words.windows(2).any(|pair| pair == ["hook", suite])
    };
    let inherited = |name: &&str| config["profile"][*name]["inherits"].as_str();
    // Nextest refuses a circle, and every profile inherits from the default one.
    let names = std::iter::successors(Some(profile), inherited).take(8).chain(["default"]);
    let rules = names.filter_map(|name| config["profile"][name]["scripts"].as_array()).flatten();
    rules.flat_map(|rule| strings(&rule["setup"])).any(is_hook)
}

/// The strings of a list, or the only one.
fn strings(value: &Value) -> Vec<&str> {
    let list = value.as_array().into_iter().flatten();
    value.as_str().into_iter().chain(list.filter_map(Value::as_str)).collect()
}

#[cfg(test)]
#[path = "nextest_config_tests.rs"]
mod tests;
