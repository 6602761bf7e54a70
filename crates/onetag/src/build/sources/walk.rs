//! The files of a package, as text: comparing paths part by part takes ten times as
//! long, and this is on the way of every run.

use std::collections::BTreeSet;

use camino::Utf8Path;

/// Folders at the top of a package whose files belong to no program or library,
/// unless a dep-info file names them.
const OTHER_TARGETS: [&str; 3] = ["tests", "benches", "examples"];

/// All files of a package that a build script or a macro may read, absolute: without
/// manifest and lock file, hidden folders, target folders and others that are marked
/// as caches, and packages within the package.
pub(super) fn package_files(package: &Utf8Path, target: &Utf8Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    walk(package, &mut files, &|path, name, is_folder| {
        let is_top = path.parent() == Some(package);
        match is_folder {
            _ if name.starts_with('.') => false,
            false => !is_top || !["Cargo.toml", "Cargo.lock"].contains(&name),
            true => {
                let is_of_other_target = is_top && OTHER_TARGETS.contains(&name);
                // Cargo marks a target folder that it made, and notes the compiler in any.
                let marks = ["CACHEDIR.TAG", ".rustc_info.json", "Cargo.toml"];
                !is_of_other_target
                    && name != "node_modules"
                    && path != target
                    && !marks.iter().any(|mark| path.join(mark).exists())
            }
        }
    });
    files
}

/// All files of a folder; the file itself if it is one.
pub(super) fn files_of(path: &Utf8Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    match path.is_dir() {
        true => walk(path, &mut files, &|_, _, _| true),
        false => drop(files.insert(path.to_string())),
    }
    files
}

/// Links to files count as files, links to folders are not followed.
fn walk(
    folder: &Utf8Path,
    files: &mut BTreeSet<String>,
    is_wanted: &dyn Fn(&Utf8Path, &str, bool) -> bool,
) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let is_folder = kind.is_dir();
        let is_file = kind.is_file() || kind.is_symlink() && entry.path().is_file();
        if (is_folder || is_file) && is_wanted(entry.path(), entry.file_name(), is_folder) {
            match is_folder {
                true => walk(entry.path(), files, is_wanted),
                false => drop(files.insert(entry.into_path().into_string())),
            }
        }
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
