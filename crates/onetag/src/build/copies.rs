//! Copies of a workspace that share a target folder.
//!
//! Cargo knows a package by its path below the root of its workspace, and whether
//! it is to be built again by the times of its files. So it cannot tell copies of
//! a workspace apart that build into the same folder: what one has built is fresh
//! for the other, if only its own files are older. It would hand over, and we
//! would test, what another copy has in its source.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use camino::Utf8PathBuf;
use xshell::cmd;

use crate::context::Context;
use crate::run::{Layout, read_json, write_json};
use crate::system::tool::{Output, Tool};

/// How long removing what cargo built may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Has cargo forget what another copy of this workspace built last, so that it
/// builds it from the source of this one; while the lock of the build is held.
///
/// What a plain `cargo build` did in another copy is not seen here.
pub(super) fn forget_those_of_others(context: &Context, layout: &Layout) -> anyhow::Result<()> {
    let workspace = &context.workspace;
    let path = layout.builders();
    let before: BTreeMap<String, Utf8PathBuf> = read_json(&path).unwrap_or_default();
    let mut builders = before.clone();
    let mut others = BTreeSet::new();
    for member in workspace.members.values() {
        let (name, manifest) = (&member.name, &member.manifest_path);
        let manifest = manifest.strip_prefix(&workspace.root).unwrap_or(manifest);
        let builder = builders.insert(format!("{name} {manifest}"), workspace.root.clone());
        if builder.is_some_and(|builder| builder != workspace.root) {
            others.insert(name.as_str());
        }
    }
    if !others.is_empty() {
        let shell = context.shell()?;
        let cargo = &context.cargo;
        let packages = others.into_iter().flat_map(|name| ["--package", name]);
        let command = cmd!(shell, "{cargo} clean --locked --quiet --profile dev {packages...}");
        Tool::new(command, LIMIT)
            .output(Output::Capture, Output::Capture)
            .finish(&context.interrupt)?
            .success()?;
    }
    // Before anything is built: also a build that fails leaves what it began.
    if builders != before {
        write_json(&path, &builders)?;
    }
    Ok(())
}
