//! The package graph that nextest needs, asked for once and kept until one of
//! its inputs changes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use xshell::cmd;

use super::cargo::shell;
use super::configuration::Configuration;
use super::toolchain::Toolchain;
use crate::build::image::{Digest, FileIdentity};
use crate::context::Context;
use crate::run::{Layout, make_folder, read_json, write_file, write_json};
use crate::system::tool::{Output, Tool};

/// How long resolving the graph may take; it may have to download packages.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What the kept answer was worked out from.
#[derive(PartialEq, Deserialize, Serialize)]
struct Inputs {
    /// The workspace's own manifests, as cargo reads them, with all targets.
    workspace: Digest,
    host: Option<String>,
    /// Files outside of what cargo told: the lock file, cargo's configuration,
    /// and manifests of path dependencies that are no members.
    files: BTreeMap<Utf8PathBuf, Option<FileIdentity>>,
}

/// What stands beside the kept answer.
#[derive(Deserialize, Serialize)]
struct Key {
    inputs: Inputs,
    /// Of packages from a path, members or not.
    manifests: Vec<Utf8PathBuf>,
    build_directory: Utf8PathBuf,
    /// Of the answer: two commands that ask at the same time may leave the answer
    /// of one beside the key of the other.
    answer: Digest,
}

impl Key {
    fn is_of(&self, answer: &Utf8Path) -> bool {
        std::fs::read(answer).is_ok_and(|bytes| Digest::of(&bytes) == self.answer)
    }
}

/// The answer of `cargo metadata` for the host platform.
pub(super) struct Graph {
    /// The file that holds it.
    pub(super) metadata: Utf8PathBuf,
    /// Where cargo builds what is on the way to the target folder.
    pub(super) build_directory: Utf8PathBuf,
}

/// Asks cargo for the graph, unless it was asked before; for all platforms if the
/// host is not known.
pub(super) fn graph(
    context: &Context,
    layout: &Layout,
    toolchain: Option<&Toolchain>,
) -> anyhow::Result<Graph> {
    let host = toolchain.map(|toolchain| toolchain.host.clone());
    let workspace = &context.workspace;
    let cache = layout.cache(&workspace.root);
    let (answer, key) = (cache.join("graph.json"), cache.join("graph.key.json"));
    let configuration = Configuration::read()?;
    let inputs = |others: Vec<Utf8PathBuf>| {
        let lock_file = workspace.root.join("Cargo.lock");
        let own = configuration.files().map(Utf8Path::to_owned).chain([lock_file]);
        let files = own.chain(others);
        Inputs {
            workspace: context.manifests,
            host: host.clone(),
            files: files.map(|path| (path.clone(), FileIdentity::of_path(&path).ok())).collect(),
        }
    };
    if let Ok(known) = read_json::<Key>(&key)
        && known.inputs == inputs(known.manifests.clone())
        && known.is_of(&answer)
    {
        return Ok(Graph { metadata: answer, build_directory: known.build_directory });
    }
    let shell = shell()?;
    let cargo = &context.cargo;
    let platform = host.iter().flat_map(|host| ["--filter-platform", host.as_str()]);
    let command =
        cmd!(shell, "{cargo} metadata --locked --format-version 1 --all-features {platform...}");
    let bytes = Tool::new(command, LIMIT)
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?
        .success()?
        .stdout;
    let metadata: Metadata = serde_json::from_slice(&bytes)
        .with_context(|| format!("cannot read what cargo says of the packages of {cache}"))?;
    let build_directory = metadata.build_directory.unwrap_or(metadata.target_directory);
    let of_path = metadata.packages.into_iter().filter(|package| package.source.is_none());
    let manifests: Vec<_> = of_path.map(|package| package.manifest_path).collect();
    let inputs = inputs(manifests.clone());
    make_folder(&cache)?;
    write_file(&answer, &bytes)?;
    let known = Key { inputs, manifests, build_directory, answer: Digest::of(&bytes) };
    write_json(&key, &known)?;
    Ok(Graph { metadata: answer, build_directory: known.build_directory })
}

/// As much of it as is needed here: the whole takes longer to read than to ask for.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: Utf8PathBuf,
    build_directory: Option<Utf8PathBuf>,
}

#[derive(Deserialize)]
struct Package {
    source: Option<String>,
    manifest_path: Utf8PathBuf,
}
