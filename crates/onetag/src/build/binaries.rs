//! The list of test binaries that nextest would otherwise make by building.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;
use nextest_metadata::{
    BinaryListSummary, BuildPlatform, RustBinaryId, RustBuildMetaSummary, RustNonTestBinaryKind,
    RustNonTestBinarySummary, RustTestBinaryKind, RustTestBinarySummary,
};
use serde_json::json;

use super::cargo::Artifacts;
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
) -> anyhow::Result<BinaryListSummary> {
    let target_directory = &context.workspace.target_directory;
    let toolchain = toolchain(context, layout)?;
    let platform = json!({ "triple": toolchain.host, "target-features": "unknown" });
    let mut base_output_directories = BTreeSet::new();
    let mut rust_binaries = BTreeMap::new();
    let mut non_test_binaries: BTreeMap<String, BTreeSet<RustNonTestBinarySummary>> =
        BTreeMap::new();
    for artifact in &artifacts.executables {
        let executable = artifact.executable()?;
        let relative = executable
            .strip_prefix(target_directory)
            .with_context(|| format!("cargo built {executable} outside of {target_directory}"))?;
        base_output_directories.insert(output_directory(relative)?.to_owned());
        if artifact.is_test() {
            let id =
                RustBinaryId::new(&format!("{}::{}", artifact.package(), artifact.target.name));
            let stored = store.test(&artifact.target.name, executable)?;
            let summary = RustTestBinarySummary {
                binary_id: id.clone(),
                kind: RustTestBinaryKind::TEST,
                package_id: artifact.package_id.clone(),
                binary_name: artifact.target.name.clone(),
                binary_path: stored,
                build_platform: BuildPlatform::Target,
            };
            rust_binaries.insert(id, summary);
        } else if artifact.target.kind.iter().any(|kind| kind == "bin") {
            let summary = RustNonTestBinarySummary {
                name: artifact.target.name.clone(),
                kind: RustNonTestBinaryKind::BIN_EXE,
                path: relative.to_owned(),
                build_platform: Some(BuildPlatform::Target),
            };
            non_test_binaries.entry(artifact.package_id.clone()).or_default().insert(summary);
        }
    }
    let scripts = &artifacts.build_scripts;
    let below = |path: &Utf8Path| path.strip_prefix(target_directory).ok().map(Utf8Path::to_owned);
    let meta = json!({
        "target-directory": target_directory,
        "build-directory": target_directory,
        "base-output-directories": base_output_directories,
        "non-test-binaries": non_test_binaries,
        "build-script-out-dirs": scripts
            .iter()
            .filter_map(|script| Some((script.package_id.clone(), below(&script.out_dir)?)))
            .collect::<BTreeMap<_, _>>(),
        "linked-paths": scripts
            .iter()
            .flat_map(|script| &script.linked_paths)
            // Cargo writes `native=<path>` and the like.
            .filter_map(|path| below(Utf8Path::new(path.rsplit('=').next()?)))
            .collect::<BTreeSet<_>>(),
        "platforms": {
            "host": {
                "platform": platform,
                "libdir": { "status": "available", "path": toolchain.library },
            },
            "targets": [],
        },
        "target-platforms": [platform],
        "target-platform": null,
    });
    let rust_build_meta: RustBuildMetaSummary =
        serde_json::from_value(meta).context("nextest describes builds in another way")?;
    Ok(BinaryListSummary { rust_build_meta, rust_binaries })
}

/// `debug` of `debug/deps/name-hash`, with the platform's folder if there is one.
fn output_directory(relative: &Utf8Path) -> anyhow::Result<&Utf8Path> {
    let parent = relative.parent().ok_or_else(|| anyhow!("{relative} lies in no folder"))?;
    Ok(if parent.file_name() == Some("deps") { parent.parent().unwrap_or(parent) } else { parent })
}
