//! The files of a package, as text: comparing paths part by part takes ten times as
//! long, and this is on the way of every run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use camino::Utf8Path;

use crate::build::image::Digest;

/// Folders at the top of a package whose files belong to no program or library,
/// unless a dep-info file names them or a build script reads all.
const OTHER_TARGETS: [&str; 3] = ["tests", "benches", "examples"];

/// Where version control keeps its own: folders, and files in linked checkouts.
const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// All files of a package that a build script or a macro may read, absolute: without
/// manifest and lock file, version control, target folders and others that are
/// marked as caches, and packages within the package.
pub(super) fn package_files(package: &Utf8Path, target: &Utf8Path) -> BTreeSet<String> {
    walk(package, &|path, name, is_folder| {
        match is_folder {
            _ if VERSION_CONTROL.contains(&name) => false,
            // An editor writes its swap file while somebody types.
            false if name.starts_with('.') && name.ends_with(".swp") => false,
            false => {
                !["Cargo.toml", "Cargo.lock"].contains(&name)
                    || path.parent() != Some(package.as_std_path())
            }
            true => {
                // Cargo marks a target folder that it made, and notes the compiler in any.
                let marks = ["CACHEDIR.TAG", ".rustc_info.json"];
                name != "node_modules"
                    && path != target.as_std_path()
                    && !marks.iter().any(|mark| path.join(mark).exists())
                    && !is_package(path)
            }
        }
    })
}

/// Whether a file of a package lies where only its tests, benchmarks and examples
/// are.
pub(super) fn is_of_other_target(package: &Utf8Path, file: &str) -> bool {
    let below = file.strip_prefix(package.as_str()).and_then(|below| below.strip_prefix('/'));
    let top = below.and_then(|below| below.split_once('/'));
    top.is_some_and(|(folder, _)| OTHER_TARGETS.contains(&folder))
}

/// All files of a folder; the file itself if it is one.
pub(super) fn files_of(path: &Utf8Path) -> BTreeSet<String> {
    match path.is_dir() {
        true => walk(path, &|_, _, _| true),
        false => BTreeSet::from([path.to_string()]),
    }
}

/// Whether a manifest in this folder is that of a package: templates have empty ones.
fn is_package(folder: &Path) -> bool {
    let manifest = fs::read(folder.join("Cargo.toml")).unwrap_or_default();
    let manifest = String::from_utf8_lossy(&manifest);
    manifest.lines().any(|line| {
        let table = line.split_once('#').map_or(line, |(table, _)| table);
        table.split_whitespace().collect::<String>() == "[package]"
    })
}

/// All files below a folder that are wanted, links followed.
fn walk(top: &Utf8Path, is_wanted: &dyn Fn(&Path, &str, bool) -> bool) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    walk_folder(top.as_std_path(), top.as_std_path(), &mut files, is_wanted);
    files
}

fn walk_folder(
    top: &Path,
    folder: &Path,
    files: &mut BTreeSet<String>,
    is_wanted: &dyn Fn(&Path, &str, bool) -> bool,
) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(mut kind) = entry.file_type() else { continue };
        let is_link = kind.is_symlink();
        if is_link {
            let Ok(metadata) = path.metadata() else { continue };
            kind = metadata.file_type();
        }
        let name = entry.file_name();
        let is_there = kind.is_dir() || kind.is_file();
        if !is_there || !is_wanted(&path, &name.to_string_lossy(), kind.is_dir()) {
            continue;
        }
        match kind.is_dir() {
            true if is_link && leads_back(top, &path) => {}
            true => walk_folder(top, &path, files, is_wanted),
            false => drop(files.insert(text_of(path))),
        }
    }
}

/// Whether a link leads to a folder that the walk is in, where it would not end.
fn leads_back(top: &Path, link: &Path) -> bool {
    let target = link.canonicalize().ok();
    let folders = link.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
    target.is_none()
        || folders.map(|folder| folder.canonicalize().ok()).any(|folder| folder == target)
}

/// The path of a file. One that is not UTF-8 has no text that leads to the file: it
/// has the contents in it, so that another one stands for other contents.
fn text_of(file: PathBuf) -> String {
    file.into_os_string().into_string().unwrap_or_else(|file| {
        let digest = Digest::of(&fs::read(&file).unwrap_or_default());
        format!("{}[{digest}]", file.to_string_lossy())
    })
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
