//! Asking a program's own loader which libraries it would load.
//!
//! The answer depends on run paths, caches, hardware capabilities, and what the
//! libraries need in turn, so only the loader can give it.

use std::process::Command;

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};

use super::error::HintedError;
use super::program::RunLoader;

/// A library in the listing of a loader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedLibrary {
    /// The name by which a program or library needs it; none if it is needed by its
    /// path, as the loader itself is.
    pub(crate) name: Option<String>,
    /// Where it is.
    pub(crate) path: Utf8PathBuf,
}

/// Lists what `interpreter` would load to run `binary`.
///
/// The environment is empty: `LD_LIBRARY_PATH` and `LD_PRELOAD` are not set in an
/// image either.
///
/// # Errors
///
/// When the loader is missing, does not find a library, or does not answer.
pub(crate) fn list(
    interpreter: &Utf8Path,
    binary: &Utf8Path,
    run: RunLoader<'_>,
) -> anyhow::Result<Vec<ListedLibrary>> {
    // Without a slash the loader would search for it.
    let absolute =
        camino::absolute_utf8(binary).with_context(|| format!("cannot locate `{binary}`"))?;
    let mut command = Command::new(interpreter);
    command.arg("--list").arg(&absolute).env_clear();
    let listed = run(command).map_err(|error| {
        HintedError::new(
            format!(
                "`{interpreter}`, the loader that `{binary}` asks for, does not work: {error:#}"
            ),
            format!("install it, or build `{binary}` for this machine"),
        )
    })?;
    let status = listed.status;
    let listing = String::from_utf8_lossy(&listed.stdout);
    let complaint = String::from_utf8_lossy(&listed.stderr);
    // glibc begins with the program's path and a phrase, which our message replaces.
    let complaint = complaint.trim().trim_start_matches(absolute.as_str());
    let complaint = complaint.trim_start_matches(": ");
    let complaint = complaint.trim_start_matches("error while loading shared libraries: ");
    if !status.success() && complaint.is_empty() {
        bail!(HintedError::new(
            format!("`{interpreter} --list {absolute}` says nothing and ends with {status}"),
            format!("`{binary}` may be damaged; build it again")
        ));
    }
    let (libraries, missing) = parse(&listing);
    let missing = match &missing[..] {
        [] if status.success() => return Ok(libraries),
        [] => complaint.to_owned(),
        missing => missing.join(", "),
    };
    bail!(HintedError::new(
        format!("`{binary}` needs a shared library that its loader does not find: {missing}"),
        "install the package that has it, or link it statically; \
         LD_LIBRARY_PATH is left out on purpose, because no image would have it"
    ))
}

/// Reads the listing of glibc's and musl's loaders: the libraries, and the names of
/// those that the loader did not find.
///
/// The lines are `name => path (address)`, `name => not found`, `path
/// (address)`, and a name without a path for what the kernel provides.
fn parse(listing: &str) -> (Vec<ListedLibrary>, Vec<String>) {
    let (mut libraries, mut missing) = (Vec::new(), Vec::new());
    for line in listing.lines().map(str::trim) {
        let (name, rest) = match line.split_once(" => ") {
            Some((name, rest)) => (Some(name.to_owned()), rest),
            None => (None, line),
        };
        let path = rest.rsplit_once(" (0x").map_or(rest, |(path, _)| path);
        if path.starts_with('/') {
            let name = name.filter(|name| !name.starts_with('/'));
            libraries.push(ListedLibrary { name, path: path.into() });
        } else if path == "not found" {
            missing.extend(name);
        }
    }
    (libraries, missing)
}

#[cfg(test)]
#[path = "loader_tests.rs"]
mod tests;
