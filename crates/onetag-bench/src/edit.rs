//! Which line is changed, chosen from what cargo says of the workspace.

use std::fs;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{DependencyKind, Metadata, Package};

use crate::{Bench, Service};

/// A source file that gets one line more with every change.
///
/// A line at the top moves everything below it, so that what is built from the
/// file has other bytes each time; the largest file has the most that moves. The
/// services may have no part of it, though: then it is the next one.
#[derive(Debug)]
pub(crate) struct Edit {
    /// The package that the file belongs to.
    pub(crate) package: String,
    /// The smallest first; the last one is changed.
    files: Vec<Utf8PathBuf>,
    lines: usize,
}

impl Edit {
    fn of(package: &Package) -> anyhow::Result<Edit> {
        Edit::in_folder(&package.name, &package.manifest_path.with_file_name("src"))
    }

    fn in_folder(package: &str, folder: &Utf8Path) -> anyhow::Result<Edit> {
        let mut files = sources(folder)?;
        files.sort();
        let files: Vec<_> = files.into_iter().map(|(_, file)| file).collect();
        ensure!(!files.is_empty(), "package `{package}` has no source file below {folder}");
        Ok(Edit { package: package.to_owned(), files, lines: 0 })
    }

    /// Goes on to the next file, since no service has a part of this one.
    pub(crate) fn next(&mut self) -> anyhow::Result<()> {
        self.files.pop();
        ensure!(!self.files.is_empty(), "changing a line of `{}` changes no byte", self.package);
        Ok(())
    }

    /// Changes one line.
    pub(crate) fn change(&mut self) -> anyhow::Result<()> {
        let file = self.files.last().context("there is a file")?;
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
        self.lines += 1;
        fs::write(file, format!("// Line {} of a measurement.\n{text}", self.lines))
            .with_context(|| format!("cannot write {file}"))
    }
}

/// Of the service that the suite's own service needs first; else of its own.
pub(crate) fn service(bench: &Bench, metadata: &Metadata) -> anyhow::Result<Edit> {
    let service = |name: &String| bench.services.iter().find(|service| service.name == *name);
    let own = service(&bench.suite);
    let needed = own.and_then(|own| own.needs.first()).and_then(service);
    let chosen = needed.or(own).or(bench.services.first());
    let chosen = chosen.with_context(|| format!("suite `{}` deploys nothing", bench.suite))?;
    let package = package(metadata, chosen);
    Edit::of(package.with_context(|| format!("cargo knows no package of `{}`", chosen.name))?)
}

/// Of the library of this workspace that most of the services depend on; none if
/// they depend on none.
pub(crate) fn library(bench: &Bench, metadata: &Metadata) -> anyhow::Result<Option<Edit>> {
    let services = bench.services.iter().filter_map(|service| package(metadata, service));
    let paths: Vec<&Utf8Path> = services
        .flat_map(|package| &package.dependencies)
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .filter_map(|dependency| dependency.path.as_deref())
        .collect();
    let users = |package: &&Package| {
        let folder = package.manifest_path.parent();
        paths.iter().filter(|path| Some(**path) == folder).count()
    };
    let most = metadata.packages.iter().max_by_key(users).filter(|package| users(package) > 0);
    most.map(Edit::of).transpose()
}

fn package<'a>(metadata: &'a Metadata, service: &Service) -> Option<&'a Package> {
    metadata.packages.iter().find(|package| package.id.repr == service.package_id)
}

/// The source files below a folder, with their sizes; tests are no part of a program.
fn sources(folder: &Utf8Path) -> anyhow::Result<Vec<(u64, Utf8PathBuf)>> {
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().with_context(|| format!("cannot list {folder}"))? {
        let entry = entry?;
        let path = entry.path();
        let is_test = path.file_stem().is_some_and(|stem| stem.contains("test"));
        match entry.file_type()?.is_dir() {
            _ if is_test => {}
            true => found.extend(sources(path)?),
            false if path.extension() == Some("rs") => {
                found.push((entry.metadata()?.len(), path.to_owned()));
            }
            false => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
