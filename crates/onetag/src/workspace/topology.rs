//! Services and suites, validated.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::cluster::ClusterSettings;
use super::containerfile::Containerfile;
use super::external::External;
use super::metadata::DatabaseKind;
use super::pinned_image::PinnedImage;
use super::placeholder::Template;
use super::registry::Registry;
use super::source::Source;
use super::test_target::TestTarget;
use super::{suggest, validate};
use crate::error::{Attach as _, Kind};

/// What the harness knows of a workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder of the root manifest, absolute.
    pub root: Utf8PathBuf,
    /// The folder that cargo builds into, absolute.
    /// [`validate_target_directory`](super::validate_target_directory) tells
    /// whether a run can live in it.
    pub target_directory: Utf8PathBuf,
    /// All packages of the workspace, by their ids.
    pub members: BTreeMap<String, Member>,
    /// By name, external ones included.
    pub services: BTreeMap<String, Service>,
    /// By name.
    pub suites: BTreeMap<String, Suite>,
    /// The name of the package that holds the suites.
    pub tests_package: String,
    /// The image of the database server that engines run, if the root manifest names one.
    pub postgres_image: Option<PinnedImage>,
    /// What runs in clusters need of theirs.
    pub kube: ClusterSettings,
    /// Where images are pushed to, unless the caller says otherwise.
    pub registry: Option<Registry>,
    /// Images that manifests may name although no run has built them.
    pub allowed_images: Vec<String>,
    /// Every integration test of the workspace, sorted by binary id.
    pub test_targets: Vec<TestTarget>,
    /// What to say of tables of metadata that nobody reads, and that are spelt nearly like
    /// `onetag`.
    pub misspelt: Vec<String>,
}

/// A package of the workspace.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name of the package.
    pub name: String,
    /// Its manifest, absolute.
    pub manifest_path: Utf8PathBuf,
    /// The names of its programs.
    pub binaries: BTreeSet<String>,
    /// The names of its features, `default` included if there is one.
    pub features: BTreeSet<String>,
}

/// What a run deploys: a program of a package, an image that an engine builds of one, or
/// a program that others wrote.
#[derive(Clone, Debug)]
pub struct Service {
    /// A lower-case DNS label.
    pub name: String,
    /// Whose program it is.
    pub kind: ServiceKind,
    /// The manifest that describes it, absolute.
    pub manifest_path: Utf8PathBuf,
    /// Services that are deployed and ready before it, as written.
    pub needs: Vec<String>,
    /// Where it listens inside its own network, if it does.
    pub port: Option<u16>,
    /// Further ports, by name.
    pub ports: BTreeMap<String, u16>,
    /// How it is known to be ready.
    pub ready: Ready,
    /// The arguments of the program.
    pub args: Vec<Template>,
    /// Databases that it can use, preferred ones first; empty if it uses none.
    pub database: Vec<DatabaseKind>,
    /// An absolute path inside its own file system that outlives a restart.
    pub volume: Option<Utf8PathBuf>,
    /// How much memory it may have, in bytes, where the backend limits it.
    pub memory: Option<u64>,
    /// How many copies of it run, where the backend can run several.
    pub replicas: u32,
    /// Files of its package with objects of its own for clusters, `*` for several: in place
    /// of those that the harness would make.
    pub manifests: Vec<Utf8PathBuf>,
    /// The variables that it gets wherever it is deployed.
    pub env: BTreeMap<String, Template>,
    pub(super) source: Source,
}

/// Whose program a service is.
#[derive(Clone, Debug)]
pub enum ServiceKind {
    /// The workspace's own.
    Own(Program),
    /// The workspace's own, and an engine builds its image.
    Containerfile(Containerfile),
    /// One that others wrote.
    External(External),
}

/// A program that is built into an image: that of a package with
/// `[package.metadata.onetag]`, or of one of its `services`.
#[derive(Clone, Debug)]
pub struct Program {
    /// The name of the package.
    pub package: String,
    /// What cargo calls the package, for `--package`: unique, where a name may
    /// also be that of a dependency.
    pub package_id: String,
    /// The program, for `--bin`.
    pub binary: String,
    /// Files and folders of the package that are part of the image, relative to
    /// the package.
    pub files: Vec<Utf8PathBuf>,
    /// Features of the package that are switched on for it.
    pub features: BTreeSet<String>,
    /// Whether the package's default features are on.
    pub default_features: bool,
}

impl Service {
    /// What cargo builds for it; none for an external service, and where an engine
    /// builds the image.
    pub fn program(&self) -> Option<&Program> {
        match &self.kind {
            ServiceKind::Own(program) => Some(program),
            ServiceKind::Containerfile(_) | ServiceKind::External(_) => None,
        }
    }

    /// What an engine builds its image from, where it does.
    pub fn containerfile(&self) -> Option<&Containerfile> {
        match &self.kind {
            ServiceKind::Containerfile(containerfile) => Some(containerfile),
            ServiceKind::Own(_) | ServiceKind::External(_) => None,
        }
    }

    /// What others wrote; none for a service of the workspace.
    pub fn external(&self) -> Option<&External> {
        match &self.kind {
            ServiceKind::Own(_) | ServiceKind::Containerfile(_) => None,
            ServiceKind::External(external) => Some(external),
        }
    }

    /// One of its keys, with the manifest, for messages.
    pub(crate) fn key(&self, key: &str) -> String {
        self.source.key(key).to_string()
    }

    /// What messages call it.
    pub(super) fn noun(&self) -> &'static str {
        match &self.kind {
            ServiceKind::Own(_) | ServiceKind::Containerfile(_) => "service",
            ServiceKind::External(_) => "external service",
        }
    }

    /// All values with placeholders but those of its variables, and the keys that they
    /// have.
    pub(crate) fn values(&self) -> impl Iterator<Item = (String, &Template)> {
        let numbered = |(at, template): (usize, _)| (format!("args[{at}]"), template);
        let args = self.args.iter().enumerate().map(numbered);
        args.chain(self.external().into_iter().flat_map(External::values))
    }
}

/// How a service is known to be ready.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ready {
    /// This path answers with a status of 200 to 299.
    Http(String),
    /// Its port accepts connections.
    Tcp,
    /// Its process runs.
    Started,
    /// A PostgreSQL server there lets clients in. No metadata says so: it is of the run's
    /// own server.
    Postgres,
}

/// Nextest tests with what they need around them.
#[derive(Clone, Debug)]
pub struct Suite {
    /// A lower-case DNS label; the service's name if it has a service.
    pub name: String,
    /// The service under test; a suite in the root manifest has none.
    pub service: Option<String>,
    /// The ids of the test binaries that hold its tests, as written.
    pub test_ids: Vec<String>,
    /// Those of them that the workspace has, sorted by binary id.
    pub tests: Vec<TestTarget>,
    /// Narrows them down: a filterset of nextest, which is its judge.
    pub filter: Option<String>,
    /// Services that the tests want besides the one under test, as written.
    pub needs: Vec<String>,
    /// Variables that services get in this suite, by service; they win over the
    /// service's own.
    pub env: BTreeMap<String, BTreeMap<String, Template>>,
    pub(super) source: Source,
}

impl Suite {
    /// Whether a test binary with this id holds tests of it.
    pub fn has_binary(&self, id: &str) -> bool {
        self.test_ids.iter().any(|own| own == id)
    }

    /// The filterset of its test binaries, without what narrows them down.
    pub fn binaries_filterset(&self) -> String {
        let ids: Vec<_> = self.test_ids.iter().map(|id| format!("binary_id(={id})")).collect();
        ids.join(" | ")
    }

    /// The filterset of its tests.
    pub fn filterset(&self) -> String {
        match &self.filter {
            None => self.binaries_filterset(),
            Some(filter) => format!("({}) & ({filter})", self.binaries_filterset()),
        }
    }
}

impl Workspace {
    /// The suite that somebody asks for by name.
    ///
    /// # Errors
    ///
    /// There is none; says which there are.
    pub fn suite(&self, name: &str) -> anyhow::Result<&Suite> {
        if let Some(suite) = self.suites.get(name) {
            return Ok(suite);
        }
        let error = match self.services.get(name) {
            Some(service) if service.external().is_some() => {
                anyhow!("`{name}` is an external service, which has no suite of its own")
                    .hint(suggest::among(name, "suites", self.suites.keys()))
            }
            Some(service) => anyhow!("`{name}` is a service, but has no suite").hint(format!(
                "add [{}.suite] to {}; suites: {}",
                service.source.table(),
                service.source.manifest(),
                Vec::from_iter(self.suites.keys().map(String::as_str)).join(", "),
            )),
            None if !self.misspelt.is_empty() => {
                anyhow!("no suite named `{name}`").hint(self.misspelt.join("; "))
            }
            None if self.suites.is_empty() => {
                anyhow!("no suite named `{name}`: this workspace has no suite").hint(
                    "a package becomes a service by [package.metadata.onetag] in its Cargo.toml, \
                     and gets a suite by [package.metadata.onetag.suite]",
                )
            }
            None => anyhow!("no suite named `{name}`").hint(suggest::among(
                name,
                "suites",
                self.suites.keys(),
            )),
        };
        Err(error.kind(Kind::Usage))
    }

    /// What is allowed, but hardly meant.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = validate::unnamed(self);
        warnings.extend(validate::of_no_suite(self));
        warnings.extend(self.misspelt.iter().cloned());
        warnings
    }
}

#[cfg(test)]
#[path = "topology_tests.rs"]
mod tests;
