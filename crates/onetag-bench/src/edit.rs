//! Which line is changed, chosen from what cargo says of the workspace.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::workspace::Plan;

/// A source file that gets one line more with every change.
///
/// A line at the top moves everything below it, so that what is built from the
/// file has other bytes each time; the largest file has the most that moves.
#[derive(Debug)]
pub(super) struct Edit {
    /// The package that the file belongs to.
    pub(super) package: String,
    file: Utf8PathBuf,
    lines: usize,
}

impl Edit {
    fn of(package: &str, manifest: &Utf8Path) -> anyhow::Result<Edit> {
        let folder = manifest.parent().unwrap_or(manifest).join("src");
        let file = largest(&folder)?
            .map(|(_, file)| file)
            .with_context(|| format!("package `{package}` has no source file below {folder}"))?;
        Ok(Edit { package: package.to_owned(), file, lines: 0 })
    }

    /// Changes one line.
    pub(super) fn change(&mut self) -> anyhow::Result<()> {
        let file = &self.file;
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
        self.lines += 1;
        fs::write(file, format!("// Line {} of a measurement.\n{text}", self.lines))
            .with_context(|| format!("cannot write {file}"))
    }
}

/// The service that the suite's own service needs first; else its own service.
pub(super) fn service(plan: &Plan) -> anyhow::Result<Edit> {
    let own = plan.service(&plan.suite);
    let needed = own.and_then(|own| own.service.needs.first());
    let planned = needed.and_then(|name| plan.service(name)).or(own);
    let chosen = planned.or_else(|| plan.services().next());
    let service = &chosen.ok_or_else(|| anyhow!("`{}` deploys nothing", plan.suite))?.service;
    Edit::of(&service.package, &service.manifest_path)
}

/// The library of this workspace that most services of the plan depend on; none
/// if they share none. `metadata` is what `cargo metadata` says.
pub(super) fn library(plan: &Plan, metadata: &Value) -> anyhow::Result<Option<Edit>> {
    let packages = || metadata["packages"].as_array().into_iter().flatten();
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    for planned in plan.services() {
        let manifest = planned.service.manifest_path.as_str();
        let service = packages().find(|package| package["manifest_path"] == manifest);
        let dependencies = service.and_then(|service| service["dependencies"].as_array());
        let normal = dependencies.into_iter().flatten().filter(|it| it["kind"].is_null());
        for path in normal.filter_map(|dependency| dependency["path"].as_str()) {
            *users.entry(path).or_default() += 1;
        }
    }
    let most = users.into_iter().max_by_key(|(path, users)| (*users, std::cmp::Reverse(*path)));
    let Some((folder, _)) = most else {
        return Ok(None);
    };
    let manifest = Utf8Path::new(folder).join("Cargo.toml");
    let package = packages().find(|package| package["manifest_path"] == manifest.as_str());
    let name = package.and_then(|package| package["name"].as_str()).unwrap_or(folder);
    Edit::of(name, &manifest).map(Some)
}

/// The largest source file below a folder; tests are no part of a program.
fn largest(folder: &Utf8Path) -> anyhow::Result<Option<(u64, Utf8PathBuf)>> {
    let mut found = None;
    for entry in folder.read_dir_utf8().with_context(|| format!("cannot list {folder}"))? {
        let entry = entry?;
        let path = entry.path();
        let is_test = path.file_stem().is_some_and(|stem| stem.contains("test"));
        let candidate = match entry.file_type()?.is_dir() {
            _ if is_test => None,
            true => largest(path)?,
            false if path.extension() == Some("rs") => Some((entry.metadata()?.len(), path.into())),
            false => None,
        };
        found = found.max(candidate);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_file_without_tests_gets_a_line_each_time() {
        let temp = tempfile::tempdir().unwrap();
        let package = Utf8Path::from_path(temp.path()).unwrap();
        fs::create_dir_all(package.join("src/deep")).unwrap();
        for (name, text) in [
            ("src/lib.rs", "//! Docs.\nmod deep;\n"),
            ("src/deep/it.rs", "//! The most of it.\nfn code() {}\n"),
            ("src/deep/tests.rs", "//! Much more, but nothing that a program has.\n"),
            ("src/deep/data.txt", "Larger than all of the others, and no source of anything.\n"),
        ] {
            fs::write(package.join(name), text).unwrap();
        }
        let mut edit = Edit::of("p", &package.join("Cargo.toml")).unwrap();
        edit.change().unwrap();
        edit.change().unwrap();
        assert_eq!(
            fs::read_to_string(package.join("src/deep/it.rs")).unwrap(),
            "// Line 2 of a measurement.\n// Line 1 of a measurement.\n\
             //! The most of it.\nfn code() {}\n"
        );
    }
}
