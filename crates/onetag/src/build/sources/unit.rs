//! What a unit was made from.
//!
//! Cargo and rustc name the files that they know. A build script or a macro may read
//! more: so all other files of the package count as well, but for those that only
//! another target of it names, for Rust files among those of targets that nothing names
//! (unit tests, other targets), and for tests, benchmarks and examples. A macro that
//! turns the Rust files of such a folder into modules is not told of a new one.

use std::collections::BTreeSet;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Artifact, BuildScript};

use super::contents::PACKAGE_TABLE;
use super::dep_info::DepInfo;
use super::walk::{files_of, is_of_other_target};
use crate::workspace::TestTarget;

/// A unit of a local package.
#[derive(Debug)]
pub(super) struct LocalUnit<'a> {
    pub(super) artifact: &'a Artifact,
    /// The file that stands for all that the unit made.
    pub(super) path: &'a Utf8Path,
    /// The folder of the package.
    pub(super) package: &'a Utf8Path,
    /// Files that dep-info names, absolute; none if there is no dep-info.
    pub(super) named: Option<BTreeSet<String>>,
    /// The folder of the package as the unit has it in it, if it has.
    pub(super) package_in_it: Option<Utf8PathBuf>,
    /// Its manifest, with [`PACKAGE_TABLE`] behind it.
    manifest: String,
    /// The manifest from which it inherits, likewise.
    workspace: String,
    /// The folders in which its own code and that of tests begins.
    code: Vec<String>,
}

/// Where a workspace is, and what is built there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    pub(super) root: &'a Utf8Path,
    pub(super) target: &'a Utf8Path,
    /// The tests of the workspace, whether a call builds them or not.
    pub(super) tests: &'a [TestTarget],
}

impl<'a> LocalUnit<'a> {
    /// The unit of a message of cargo's; none if it is of a package from a registry or
    /// a repository, which do not change.
    ///
    /// `packages` are the folders of all local packages.
    pub(super) fn new(
        artifact: &'a Artifact,
        places: Places<'_>,
        packages: &BTreeSet<&Utf8Path>,
    ) -> Option<LocalUnit<'a>> {
        let path = artifact.filenames.first()?.as_path();
        let package = local_package(artifact)?;
        let folder = path.parent().and_then(Utf8Path::file_name);
        let is_intermediate = folder == Some("deps") || artifact.target.is_custom_build();
        let info = dep_info_paths(artifact, path).iter().find_map(|path| DepInfo::read(path));
        // Rustc runs in the root of the workspace for all packages below it, but for
        // vendored ones.
        let is_below = package.starts_with(places.root) && has_path(artifact);
        let base = if is_below { places.root } else { package };
        let env = |key: &str| info.as_ref()?.env.get(key).map(Utf8PathBuf::from);
        let out_dir = env("OUT_DIR");
        let is_source = |path: &Utf8PathBuf| {
            let is_made = path.starts_with(places.target)
                || out_dir.as_ref().is_some_and(|out_dir| path.starts_with(out_dir));
            // Cargo names the files of all local packages that a program depends on;
            // these have units of their own.
            let is_others = !is_intermediate
                && !path.starts_with(package)
                && packages.iter().any(|other| path.starts_with(other));
            !is_made && !is_others
        };
        let package_in_it = env("CARGO_MANIFEST_DIR");
        let named = info.map(|info| {
            let files = info.files.into_iter().map(|file| base.join(file));
            files.filter(is_source).flat_map(|path| files_of(&path)).collect()
        });
        let manifest = format!("{}{PACKAGE_TABLE}", artifact.manifest_path);
        let workspace = workspace_of(package, places.root);
        let workspace = format!("{workspace}/Cargo.toml{PACKAGE_TABLE}");
        let own = artifact.target.src_path.parent().map(Utf8Path::to_owned);
        let own = own.filter(|_| !artifact.target.is_custom_build());
        let tests = places.tests.iter().map(|test| &test.folder);
        let tests = tests.filter(|folder| folder.starts_with(package) && *folder != package);
        let code = tests.cloned().chain(own).chain([package.join("src")]);
        let code = code.map(|folder| format!("{folder}/")).collect();
        Some(LocalUnit { artifact, path, package, named, package_in_it, manifest, workspace, code })
    }

    /// The sources of this unit of a package that has these files and units.
    pub(super) fn sources<'s>(
        &'s self,
        files: &'s BTreeSet<String>,
        units: &[LocalUnit<'_>],
        script: &'s ScriptInputs,
    ) -> BTreeSet<&'s str> {
        let siblings = units.iter().filter(|unit| unit.package == self.package);
        let others: Vec<_> = siblings.filter_map(|unit| unit.named.as_ref()).collect();
        let is_named = |path: &str| others.iter().any(|named| named.contains(path));
        let counts = |path: &&str| match &self.named {
            None => true,
            Some(_) if script.reads_all => true,
            Some(named) => {
                let is_others = path.ends_with(".rs") && self.is_in_code(path)
                    || is_of_other_target(self.package, path)
                    || is_named(path);
                named.contains(*path) || !is_others
            }
        };
        let read = script.files.iter().map(String::as_str);
        self.own().chain(read).chain(files.iter().map(String::as_str).filter(counts)).collect()
    }

    /// Those of them that a compiler was told of.
    pub(super) fn own(&self) -> impl Iterator<Item = &str> {
        let named = self.named.iter().flatten().map(String::as_str);
        named.chain([&*self.manifest, &*self.workspace])
    }
}

impl LocalUnit<'_> {
    /// Whether it is in a folder in which some target begins.
    fn is_in_code(&self, path: &str) -> bool {
        self.code.iter().any(|folder| path.starts_with(folder))
    }
}

/// The folder of the package of an artifact, if it is a path on this machine, or a
/// vendored copy: for cargo that never changes, but anyone can edit it.
pub(super) fn local_package(artifact: &Artifact) -> Option<&Utf8Path> {
    let folder = artifact.manifest_path.parent()?;
    // Cargo takes nothing for vendored that has no such file. A registry's own copies
    // have none, even where cargo's home is in the workspace.
    let is_local = has_path(artifact) || folder.join(".cargo-checksum.json").exists();
    is_local.then_some(folder)
}

/// Whether the package of an artifact is a path dependency or a member.
fn has_path(artifact: &Artifact) -> bool {
    artifact.package_id.repr.starts_with("path+file:")
}

/// The root of the workspace from which a package inherits, if it does: for one
/// outside of the workspace at `root` it may be another.
fn workspace_of<'p>(package: &'p Utf8Path, root: &'p Utf8Path) -> &'p Utf8Path {
    let is_root = |folder: &&Utf8Path| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line.trim_start().starts_with("[workspace"))
    };
    let mut above = package.ancestors().filter(|_| !package.starts_with(root));
    above.find(is_root).unwrap_or(root)
}

/// Where the dep-info of an artifact may be: cargo's beside a program, rustc's beside
/// anything else, under the name of the crate.
fn dep_info_paths(artifact: &Artifact, path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut paths = vec![Utf8PathBuf::from(format!("{path}.d")), path.with_extension("d")];
    let stem = path.file_stem().unwrap_or_default();
    paths.push(path.with_file_name(format!("{}.d", stem.strip_prefix("lib").unwrap_or(stem))));
    let folder = path.parent().and_then(Utf8Path::file_name).unwrap_or_default();
    if let Some((_, hash)) = folder.rsplit_once('-') {
        let name = artifact.target.name.replace('-', "_");
        paths.push(path.with_file_name(format!("{name}-{hash}.d")));
    }
    paths
}

/// What the build script of a package says that it reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ScriptInputs {
    files: BTreeSet<String>,
    /// It does not say: then it reads all of the package.
    reads_all: bool,
}

impl ScriptInputs {
    /// Of a package in this folder.
    pub(super) fn of(script: &BuildScript, package: &Utf8Path) -> ScriptInputs {
        let output = script.out_dir.parent().map(|folder| folder.join("output"));
        let output = output.and_then(|output| fs::read(output).ok()).unwrap_or_default();
        let text = String::from_utf8_lossy(&output);
        let rules = text.lines().filter_map(|line| {
            let line = line.strip_prefix("cargo:")?;
            line.strip_prefix(':').unwrap_or(line).strip_prefix("rerun-if-")
        });
        let rules: Vec<&str> = rules.collect();
        let named = rules.iter().filter_map(|rule| rule.strip_prefix("changed="));
        let named: BTreeSet<_> = named.map(|path| package.join(path)).collect();
        // As cargo has it, a script that names a variable says all that it reads.
        let reads_all = rules.is_empty();
        let is_made = |path: &Utf8PathBuf| path.starts_with(&script.out_dir);
        let named = named.into_iter().filter(|path| !is_made(path));
        ScriptInputs { files: named.flat_map(|path| files_of(&path)).collect(), reads_all }
    }
}

#[cfg(test)]
#[path = "unit_tests.rs"]
mod tests;
