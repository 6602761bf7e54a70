//! Other checkouts of a workspace that build into the same target folder.
//!
//! Cargo knows a package by its path below the root of its workspace, and whether it
//! is to be built again by the times of its files. So it cannot tell checkouts apart:
//! what one of them has built is fresh for the other, if only its files are older.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::dep_info::DepInfo;
use super::memory::package_key;
use crate::workspace::{Member, Workspace};

/// What names the packages of a workspace in all its checkouts.
pub(super) fn package_keys(workspace: &Workspace) -> BTreeSet<String> {
    workspace.members.values().map(|member| key(workspace, member)).collect()
}

fn key(workspace: &Workspace, member: &Member) -> String {
    package_key(&member.name, relative_manifest(workspace, member))
}

fn relative_manifest<'a>(workspace: &Workspace, member: &'a Member) -> &'a Utf8Path {
    let manifest = &member.manifest_path;
    manifest.strip_prefix(&workspace.root).unwrap_or(manifest)
}

/// The checkouts that cargo's dep-info files name, with the packages of theirs that
/// were built last: these files lie beside programs, with absolute paths.
pub(super) fn named_by_cargo(workspace: &Workspace) -> BTreeMap<Utf8PathBuf, BTreeSet<String>> {
    let mut checkouts: BTreeMap<Utf8PathBuf, BTreeSet<String>> = BTreeMap::new();
    for path in dep_info_files(&workspace.target_directory) {
        let Some(info) = DepInfo::read(&path) else { continue };
        let name = path.file_stem().unwrap_or_default();
        for member in workspace.members.values() {
            let library = name.strip_prefix("lib") == Some(&*member.name.replace('-', "_"));
            if !library && !member.binaries.contains(name) {
                continue;
            }
            let folder = relative_manifest(workspace, member).parent();
            let source = folder.unwrap_or_else(|| "".into()).join("src");
            let roots = info.files.iter().filter_map(|file| root_above(file, &source));
            for root in roots.filter(|root| *root != workspace.root) {
                checkouts.entry(root.to_owned()).or_default().insert(key(workspace, member));
            }
        }
    }
    checkouts
}

/// The folder in which `file` lies below the relative folder `source`.
fn root_above<'a>(file: &'a Utf8Path, source: &Utf8Path) -> Option<&'a Utf8Path> {
    let folder = file.ancestors().skip(1).find(|folder| folder.ends_with(source))?;
    let depth = source.components().count();
    folder.ancestors().nth(depth).filter(|root| root.is_absolute())
}

/// The dep-info files of all profiles, and of all platforms.
fn dep_info_files(target: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files = Vec::new();
    for folder in folders(target) {
        match folder.join(".fingerprint").exists() || folder.join("deps").exists() {
            true => files.extend(dep_info_in(&folder)),
            false => files.extend(folders(&folder).iter().flat_map(|folder| dep_info_in(folder))),
        }
    }
    files
}

fn dep_info_in(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let paths = entries.map(camino::Utf8DirEntry::into_path);
    paths.filter(|path| path.extension() == Some("d")).collect()
}

/// The folders in a folder, but for the harness's own.
fn folders(path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = path.read_dir_utf8().into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.filter(|entry| entry.file_name() != "onetag").map(|entry| entry.into_path()).collect()
}

#[cfg(test)]
#[path = "checkouts_tests.rs"]
mod tests;
