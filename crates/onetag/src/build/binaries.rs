//! The list of test binaries that nextest would otherwise make by building.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;

use super::cargo::Artifacts;
use super::nextest::{BinaryList, BuildMeta, Host, Program, TestBinary};
use super::store::Store;
use super::toolchain::toolchain;
use crate::context::Context;
use crate::run::Layout;

/// Describes what cargo built the way nextest does.
///
/// Test binaries are named where the store keeps them: a build of another
/// invocation may replace cargo's files while the tests run.
pub(super) fn summary(
    context: &Context,
    layout: &Layout,
    artifacts: &Artifacts,
    store: &Store<'_>,
) -> anyhow::Result<BinaryList> {
    let target_directory = &context.workspace.target_directory;
    let toolchain = toolchain(context, layout)?;
    let mut base_output_directories = BTreeSet::new();
    let mut binaries = BTreeMap::new();
    let mut programs: BTreeMap<String, BTreeSet<Program>> = BTreeMap::new();
    for artifact in &artifacts.executables {
        let executable = artifact.executable()?;
        let relative = executable
            .strip_prefix(target_directory)
            .with_context(|| format!("cargo built {executable} outside of {target_directory}"))?;
        base_output_directories.insert(output_directory(relative)?.to_owned());
        if artifact.is_test() {
            let id = format!("{}::{}", artifact.package(), artifact.target.name);
            let binary = TestBinary {
                id: id.clone(),
                name: artifact.target.name.clone(),
                package_id: artifact.package_id.clone(),
                kind: "test",
                path: store.test(&artifact.target.name, executable)?,
                platform: "target",
            };
            binaries.insert(id, binary);
        } else if artifact.target.kind.iter().any(|kind| kind == "bin") {
            let program = Program {
                name: artifact.target.name.clone(),
                kind: "bin-exe",
                path: relative.to_owned(),
                platform: "target",
            };
            programs.entry(artifact.package_id.clone()).or_default().insert(program);
        }
    }
    let scripts = &artifacts.build_scripts;
    let below = |path: &Utf8Path| path.strip_prefix(target_directory).ok().map(Utf8Path::to_owned);
    let build = BuildMeta {
        target_directory: target_directory.clone(),
        base_output_directories,
        programs,
        build_script_out_dirs: scripts
            .iter()
            .filter_map(|script| Some((script.package_id.clone(), below(&script.out_dir)?)))
            .collect(),
        linked_paths: scripts
            .iter()
            .flat_map(|script| &script.linked_paths)
            // Cargo writes `native=<path>` and the like.
            .filter_map(|path| below(Utf8Path::new(path.rsplit('=').next()?)))
            .collect(),
        host: Host::new(toolchain.host, toolchain.library),
    };
    Ok(BinaryList { build, binaries })
}

/// `debug` of `debug/deps/name-hash`, with the platform's folder if there is one.
fn output_directory(relative: &Utf8Path) -> anyhow::Result<&Utf8Path> {
    let parent = relative.parent().ok_or_else(|| anyhow!("{relative} lies in no folder"))?;
    Ok(if parent.file_name() == Some("deps") { parent.parent().unwrap_or(parent) } else { parent })
}
