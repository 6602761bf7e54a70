//! The list of test binaries that nextest would otherwise make by building.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Artifact;
use nextest_metadata::{
    BinaryListSummary, BuildPlatform, BuildPlatformsSummary, HostPlatformSummary,
    PlatformLibdirSummary, RustBinaryId, RustBuildMetaSummary, RustNonTestBinaryKind,
    RustNonTestBinarySummary, RustTestBinaryKind, RustTestBinarySummary,
};
use target_spec::summaries::PlatformSummary;

use super::messages::Artifacts;
use super::toolchain::Toolchain;
use crate::workspace::TestTarget;

/// The folders that cargo builds into: what people want, and what is on the way
/// there. They are one unless `build.build-dir` is set.
pub(super) struct Folders<'a> {
    pub(super) target: &'a Utf8Path,
    pub(super) build: &'a Utf8Path,
}

impl Folders<'_> {
    /// A path relative to the folder that it lies in.
    fn relative<'p>(&self, path: &'p Utf8Path) -> Option<&'p Utf8Path> {
        [self.build, self.target].iter().find_map(|folder| path.strip_prefix(folder).ok())
    }
}

/// Describes what cargo built the way nextest does.
///
/// Test binaries are named where the executable cache keeps them: a build of
/// another invocation may replace cargo's files while the tests run.
pub(super) fn summary(
    folders: &Folders<'_>,
    toolchain: Option<Toolchain>,
    artifacts: &Artifacts,
    tests: &[(&TestTarget, Utf8PathBuf)],
) -> BinaryListSummary {
    let mut base_output_directories = BTreeSet::new();
    let mut programs: BTreeMap<String, BTreeSet<RustNonTestBinarySummary>> = BTreeMap::new();
    for artifact in &artifacts.units {
        let Some(executable) = &artifact.executable else { continue };
        let relative = folders.relative(executable);
        base_output_directories.extend(relative.and_then(output_directory).map(Utf8Path::to_owned));
        let package = artifact.package_id.repr.clone();
        programs.entry(package).or_default().extend(program(folders, artifact));
    }
    programs.retain(|_, programs| !programs.is_empty());
    let scripts = &artifacts.build_scripts;
    let below = |path: &Utf8Path| path.strip_prefix(folders.build).ok().map(Utf8Path::to_owned);
    let platforms = toolchain.map(|toolchain| {
        let platform = PlatformSummary::new(toolchain.host);
        let libdir = PlatformLibdirSummary::Available { path: toolchain.library };
        BuildPlatformsSummary {
            host: HostPlatformSummary { platform, libdir },
            targets: Vec::new(),
        }
    });
    let rust_build_meta = RustBuildMetaSummary {
        target_directory: folders.target.to_owned(),
        build_directory: Some(folders.build.to_owned()),
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
        target_platforms: platforms.iter().map(|them| them.host.platform.clone()).collect(),
        platforms,
        target_platform: None,
    };
    let rust_binaries = tests.iter().map(|(test, path)| binary(test, path)).collect();
    BinaryListSummary { rust_build_meta, rust_binaries }
}

fn program(folders: &Folders<'_>, artifact: &Artifact) -> Option<RustNonTestBinarySummary> {
    let is_program = artifact.target.is_bin() && !artifact.profile.test;
    let path = artifact.executable.as_ref().filter(|_| is_program)?;
    Some(RustNonTestBinarySummary {
        name: artifact.target.name.clone(),
        kind: RustNonTestBinaryKind::BIN_EXE,
        path: path.strip_prefix(folders.target).ok()?.to_owned(),
        build_platform: Some(BuildPlatform::Target),
    })
}

fn binary(test: &TestTarget, path: &Utf8Path) -> (RustBinaryId, RustTestBinarySummary) {
    let kind = RustTestBinaryKind::TEST;
    let binary_id = RustBinaryId::from_parts(&test.package, &kind, &test.target);
    let summary = RustTestBinarySummary {
        binary_id: binary_id.clone(),
        binary_name: test.target.clone(),
        package_id: test.package_id.clone(),
        kind,
        binary_path: path.to_owned(),
        build_platform: BuildPlatform::Target,
    };
    (binary_id, summary)
}

/// `debug` of `debug/deps/name-hash`, with the platform's folder if there is one.
fn output_directory(relative: &Utf8Path) -> Option<&Utf8Path> {
    let parent = relative.parent()?;
    if parent.file_name() == Some("deps") { parent.parent() } else { Some(parent) }
}
