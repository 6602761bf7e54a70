//! The list of test binaries that nextest would otherwise make by building.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;
use nextest_metadata::{
    BinaryListSummary, BuildPlatform, BuildPlatformsSummary, HostPlatformSummary,
    PlatformLibdirSummary, RustBinaryId, RustBuildMetaSummary, RustNonTestBinaryKind,
    RustNonTestBinarySummary, RustTestBinaryKind, RustTestBinarySummary,
};
use target_spec::summaries::PlatformSummary;

use super::cargo::{ArtifactExt as _, Artifacts};
use super::executables::ExecutableCache;
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
    store: &ExecutableCache<'_>,
) -> anyhow::Result<BinaryListSummary> {
    let target_directory = &context.workspace.target_directory;
    let toolchain = toolchain(context, layout)?;
    let mut base_output_directories = BTreeSet::new();
    let mut binaries = BTreeMap::new();
    let mut programs: BTreeMap<String, BTreeSet<RustNonTestBinarySummary>> = BTreeMap::new();
    for artifact in &artifacts.executables {
        let executable = artifact.path()?;
        let relative = executable
            .strip_prefix(target_directory)
            .with_context(|| format!("cargo built {executable} outside of {target_directory}"))?;
        base_output_directories.insert(output_directory(relative)?.to_owned());
        if artifact.is_test() {
            let id = RustBinaryId::from_parts(
                artifact.package(),
                &RustTestBinaryKind::TEST,
                &artifact.target.name,
            );
            let binary = RustTestBinarySummary {
                binary_id: id.clone(),
                binary_name: artifact.target.name.clone(),
                package_id: artifact.package_id.repr.clone(),
                kind: RustTestBinaryKind::TEST,
                binary_path: store.test(&artifact.target.name, executable)?,
                build_platform: BuildPlatform::Target,
            };
            binaries.insert(id, binary);
        } else if artifact.target.is_bin() {
            let program = RustNonTestBinarySummary {
                name: artifact.target.name.clone(),
                kind: RustNonTestBinaryKind::BIN_EXE,
                path: relative.to_owned(),
                build_platform: Some(BuildPlatform::Target),
            };
            programs.entry(artifact.package_id.repr.clone()).or_default().insert(program);
        }
    }
    let scripts = &artifacts.build_scripts;
    let below = |path: &Utf8Path| path.strip_prefix(target_directory).ok().map(Utf8Path::to_owned);
    let host = PlatformSummary::new(toolchain.host);
    let libdir = PlatformLibdirSummary::Available { path: toolchain.library };
    let rust_build_meta = RustBuildMetaSummary {
        target_directory: target_directory.clone(),
        build_directory: Some(target_directory.clone()),
        base_output_directories,
        non_test_binaries: programs,
        build_script_out_dirs: scripts
            .iter()
            .filter_map(|script| Some((script.package_id.repr.clone(), below(&script.out_dir)?)))
            .collect(),
        build_script_info: None,
        linked_paths: scripts
            .iter()
            .flat_map(|script| &script.linked_paths)
            // Cargo writes `native=<path>` and the like.
            .filter_map(|path| below(Utf8Path::new(path.as_str().rsplit('=').next()?)))
            .collect(),
        platforms: Some(BuildPlatformsSummary {
            host: HostPlatformSummary { platform: host.clone(), libdir },
            targets: Vec::new(),
        }),
        target_platforms: vec![host],
        target_platform: None,
    };
    Ok(BinaryListSummary { rust_build_meta, rust_binaries: binaries })
}

/// `debug` of `debug/deps/name-hash`, with the platform's folder if there is one.
fn output_directory(relative: &Utf8Path) -> anyhow::Result<&Utf8Path> {
    let parent = relative.parent().ok_or_else(|| anyhow!("{relative} lies in no folder"))?;
    Ok(if parent.file_name() == Some("deps") { parent.parent().unwrap_or(parent) } else { parent })
}
