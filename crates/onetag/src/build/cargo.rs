//! The one cargo call, and what it says that it made.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow, bail};
use camino::Utf8PathBuf;
use cargo_metadata::{Artifact, BuildScript, Message};
use xshell::cmd;

use super::BuildRequest;
use super::CARGO;
use crate::context::Context;
use crate::error::{Attach as _, Kind};
use crate::run::ledger::Ledger;
use crate::system::tool::{Output, Tool};
use crate::workspace::Service;

/// What an invocation builds: binaries of services and integration tests of
/// suites, each once.
pub(super) struct Selection<'a> {
    services: BTreeMap<&'a str, &'a Service>,
    tests: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Selection<'a> {
    pub(super) fn of(request: &BuildRequest<'a>) -> Selection<'a> {
        let services = request.services.iter().map(|service| (service.name.as_str(), *service));
        let tests = request.tests.iter();
        let tests = tests.map(|test| (test.package.as_str(), test.target.as_str()));
        Selection { services: services.collect(), tests: tests.collect() }
    }

    pub(super) fn services(&self) -> impl Iterator<Item = (&'a str, &'a Service)> {
        self.services.iter().map(|(name, service)| (*name, *service))
    }

    /// The targets of the one call.
    ///
    /// Targets are chosen out of the whole workspace instead of out of their
    /// packages: cargo unifies features over the packages of a call, so every
    /// selection gives a service the same bytes, and shares what it compiles
    /// with every other, and with a plain `cargo nextest run --workspace`.
    fn arguments(&self) -> Vec<String> {
        let bins = self.services.values().map(|service| ("--bin", service.binary.as_str()));
        let tests = self.tests.iter().map(|(_, target)| ("--test", *target));
        let targets: BTreeSet<(&str, &str)> = bins.chain(tests).collect();
        let flat = |(flag, name): (&str, &str)| [flag.to_owned(), name.to_owned()];
        targets.into_iter().flat_map(flat).collect()
    }
}

/// What cargo says that it made.
#[derive(Debug, Default)]
pub(super) struct Artifacts {
    pub(super) executables: Vec<Artifact>,
    pub(super) build_scripts: Vec<BuildScript>,
}

/// What cargo calls the package of an artifact.
pub(super) trait ArtifactExt {
    fn path(&self) -> anyhow::Result<&Utf8PathBuf>;
    fn is_test(&self) -> bool;
    fn is_binary(&self) -> bool;
    fn package(&self) -> &str;
}

impl ArtifactExt for Artifact {
    /// The executable, which every artifact in [`Artifacts`] has.
    fn path(&self) -> anyhow::Result<&Utf8PathBuf> {
        self.executable.as_ref().ok_or_else(|| anyhow!("`{}` has no executable", self.target.name))
    }

    fn is_test(&self) -> bool {
        self.profile.test && self.target.is_test()
    }

    fn is_binary(&self) -> bool {
        !self.profile.test && self.target.is_bin()
    }

    /// The package's name, which newer package ids tell only in part.
    fn package(&self) -> &str {
        let fragment = self.package_id.repr.rsplit('#').next().unwrap_or_default();
        match fragment.split_once('@') {
            Some((name, _version)) => name,
            None => {
                self.manifest_path.parent().and_then(|path| path.file_name()).unwrap_or(fragment)
            }
        }
    }
}

impl Artifacts {
    fn parse(stdout: &[u8]) -> anyhow::Result<Artifacts> {
        let mut artifacts = Artifacts::default();
        for message in Message::parse_stream(stdout) {
            match message.context("cannot read the messages of cargo")? {
                Message::CompilerArtifact(artifact) if artifact.executable.is_some() => {
                    artifacts.executables.push(artifact);
                }
                Message::BuildScriptExecuted(script) => artifacts.build_scripts.push(script),
                _ => {}
            }
        }
        Ok(artifacts)
    }

    /// The binary of a service.
    pub(super) fn binary(&self, package: &str, target: &str) -> anyhow::Result<Utf8PathBuf> {
        self.executables
            .iter()
            .find(|made| {
                made.is_binary() && made.target.name == target && made.package() == package
            })
            .ok_or_else(|| anyhow!("cargo built no binary `{target}` of package `{package}`"))?
            .path()
            .cloned()
    }
}

/// Runs cargo; its progress and its diagnostics go to the terminal.
pub(super) fn build(
    context: &Context,
    selection: &Selection<'_>,
    ledgers: &[&Ledger],
) -> anyhow::Result<Artifacts> {
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let arguments = selection.arguments();
    // The harness never edits a checked-in file, the lock file included.
    let command = cmd!(
        shell,
        "{cargo} build --locked --workspace --message-format json-render-diagnostics {arguments...}"
    );
    let finished = Tool::new(command, CARGO)
        .output(Output::Capture, context.ui.tool_output())
        .recorded(ledgers.iter().copied())
        .finish(&context.interrupt)?;
    if !finished.status.success() {
        let failed: anyhow::Result<Artifacts> =
            Err(anyhow!("cargo could not build it: `{}` {}", finished.line, finished.ended()));
        return failed.kind(Kind::Build);
    }
    let artifacts = Artifacts::parse(&finished.stdout)?;
    if artifacts.executables.is_empty() {
        bail!("`{}` built no executable", finished.line);
    }
    Ok(artifacts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"{"reason":"compiler-artifact","package_id":"path+file:///w/crates/alpha#0.1.0","manifest_path":"/w/crates/alpha/Cargo.toml","target":{"kind":["bin"],"crate_types":["bin"],"name":"alpha","src_path":"x"},"profile":{"opt_level":"0","test":false},"features":[],"filenames":[],"executable":"/w/target/debug/alpha","fresh":true}
{"reason":"compiler-artifact","package_id":"path+file:///w/tests#e2e@0.1.0","manifest_path":"/w/tests/Cargo.toml","target":{"kind":["test"],"crate_types":["bin"],"name":"alpha","src_path":"x"},"profile":{"opt_level":"0","test":true},"features":[],"filenames":[],"executable":"/w/target/debug/deps/alpha-1","fresh":false}
{"reason":"compiler-artifact","package_id":"path+file:///w/lib#lib@0.1.0","manifest_path":"/w/lib/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"lib","src_path":"x"},"profile":{"opt_level":"0","test":false},"features":[],"filenames":[],"executable":null,"fresh":false}
{"reason":"build-finished","success":true}
"#;

    #[test]
    fn executables_are_found_by_package_and_target() {
        let artifacts = Artifacts::parse(MESSAGES.as_bytes()).unwrap();
        assert_eq!(artifacts.executables.len(), 2);
        assert_eq!(artifacts.binary("alpha", "alpha").unwrap(), "/w/target/debug/alpha");
        assert!(artifacts.executables[1].is_test());
        assert_eq!(
            artifacts.binary("beta", "beta").unwrap_err().to_string(),
            "cargo built no binary `beta` of package `beta`"
        );
    }
}
