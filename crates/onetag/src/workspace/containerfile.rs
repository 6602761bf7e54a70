//! Images of services that an engine builds from a file of instructions.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::metadata::ServiceMetadata;
use super::source::Source;
use crate::error::Attach as _;

/// What an engine builds the image of a service from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Containerfile {
    /// As it is written: relative to the package.
    pub path: Utf8PathBuf,
    /// Where it is, absolute.
    pub file: Utf8PathBuf,
    /// The folder of which it may copy files, absolute: the package's; of a file outside of
    /// the package the one that this lies in.
    pub context: Utf8PathBuf,
}

/// The containerfile `path` of the table at `source`, in the manifest of `package`.
///
/// # Errors
///
/// It is not below the workspace's root, or the table has keys of what cargo builds.
pub(super) fn containerfile(
    root: &Utf8Path,
    package: &Utf8Path,
    source: &Source,
    path: &Utf8Path,
    table: &ServiceMetadata,
) -> anyhow::Result<Containerfile> {
    let keys = [
        ("bin", table.bin.is_some()),
        ("files", !table.files.is_empty()),
        ("features", !table.features.is_empty()),
        ("default-features", table.default_features.is_some()),
    ];
    if let Some((key, _)) = keys.into_iter().find(|(_, is_there)| *is_there) {
        let fault = "cargo builds nothing for a service with a `containerfile`";
        return Err(source
            .key(key)
            .error(fault)
            .hint(format!("remove `{key}`, and have {path} make what the image needs")));
    }
    let file = below(root, package, path).ok_or_else(|| {
        let fault = format!("`{path}` is not a file of this workspace");
        source.key("containerfile").error(fault).hint(
            "it is named by its path from the package's own folder, for example `Containerfile`, \
             and lies below the workspace's root",
        )
    })?;
    let context = match file.starts_with(package) {
        true => package,
        false => file.parent().unwrap_or(root),
    };
    Ok(Containerfile { path: path.to_owned(), context: context.to_owned(), file })
}

/// A relative path from a folder on, if it leads to something below `root`.
fn below(root: &Utf8Path, folder: &Utf8Path, path: &Utf8Path) -> Option<Utf8PathBuf> {
    let mut file = folder.to_owned();
    for component in path.components() {
        match component {
            Utf8Component::Normal(name) => file.push(name),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if file.pop() => {}
            _ => return None,
        }
    }
    (file.starts_with(root) && file != root && !folder.starts_with(&file)).then_some(file)
}

#[cfg(test)]
#[path = "containerfile_tests.rs"]
mod tests;
