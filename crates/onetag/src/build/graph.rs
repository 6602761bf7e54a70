//! The package graph that nextest needs, asked for once and kept until one of
//! its inputs changes.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use xshell::cmd;

use super::toolchain::toolchain;
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
    host: String,
    /// Files outside of what cargo told: the lock file, cargo's configuration,
    /// and manifests of path dependencies that are no members.
    files: BTreeMap<Utf8PathBuf, Option<FileIdentity>>,
}

/// What stands beside the kept answer.
#[derive(Deserialize, Serialize)]
struct Key {
    inputs: Inputs,
    /// Of the answer: two commands that ask at the same time may leave the answer
    /// of one beside the key of the other.
    answer: Digest,
}

impl Key {
    fn is_of(&self, answer: &Utf8Path) -> bool {
        std::fs::read(answer).is_ok_and(|bytes| Digest::of(&bytes) == self.answer)
    }
}

/// The file that holds the answer of `cargo metadata` for the host platform.
pub(super) fn cargo_metadata(context: &Context, layout: &Layout) -> anyhow::Result<Utf8PathBuf> {
    let host = toolchain(context, layout)?.host;
    let workspace = &context.workspace;
    let cache = layout.cache(&workspace.root);
    let (answer, key) = (cache.join("graph.json"), cache.join("graph.key.json"));
    let inputs = |others: Vec<Utf8PathBuf>| {
        let own = ["Cargo.lock", ".cargo/config.toml"].map(|name| workspace.root.join(name));
        let files = own.into_iter().chain(others);
        Inputs {
            workspace: context.manifests,
            host: host.clone(),
            files: files.map(|path| (path.clone(), FileIdentity::of_path(&path).ok())).collect(),
        }
    };
    if let Ok(known) = read_json::<Key>(&key)
        && known.inputs == inputs(known.inputs.files.keys().cloned().collect())
        && known.is_of(&answer)
    {
        return Ok(answer);
    }
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let command = cmd!(
        shell,
        "{cargo} metadata --locked --format-version 1 --all-features --filter-platform {host}"
    );
    let bytes = Tool::new(command, LIMIT)
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?
        .success()?
        .stdout;
    let inputs = inputs(path_packages(&bytes, &workspace.root)?);
    make_folder(&cache)?;
    write_file(&answer, &bytes)?;
    write_json(&key, &Key { inputs, answer: Digest::of(&bytes) })?;
    Ok(answer)
}

/// Manifests of packages from a path, members or not.
fn path_packages(metadata: &[u8], root: &Utf8Path) -> anyhow::Result<Vec<Utf8PathBuf>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        source: Option<String>,
        manifest_path: Utf8PathBuf,
    }
    let metadata: Metadata = serde_json::from_slice(metadata)
        .with_context(|| format!("cargo describes the packages of {root} in another way"))?;
    let of_path = metadata.packages.into_iter().filter(|package| package.source.is_none());
    Ok(of_path.map(|package| package.manifest_path).collect())
}
