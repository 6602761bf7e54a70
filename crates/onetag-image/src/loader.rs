//! Asks a program's own loader which libraries it would load.
//!
//! Nothing else knows: the answer depends on run paths, caches, hardware
//! capabilities and on what the libraries need in turn. This module is for
//! Linux alone.

use std::process::Command;

use anyhow::{Context as _, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};

use super::closure::RunLoader;

/// A library as the loader found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The name by which it was asked for; none when that was a path, as it is
    /// for the loader itself.
    pub(crate) name: Option<String>,
    /// Where it is.
    pub(crate) path: Utf8PathBuf,
}

/// What `interpreter` would load to run `binary`.
///
/// The environment is empty, so `LD_LIBRARY_PATH` and `LD_PRELOAD` have no say:
/// in an image they will not have one either.
///
/// # Errors
///
/// When the loader is missing, does not find a library, or does not answer.
pub(crate) fn list(
    interpreter: &Utf8Path,
    binary: &Utf8Path,
    run: RunLoader<'_>,
) -> anyhow::Result<Vec<Found>> {
    // Without a slash the loader would search for it.
    let absolute =
        camino::absolute_utf8(binary).with_context(|| format!("cannot locate `{binary}`"))?;
    let mut command = Command::new(interpreter);
    command.arg("--list").arg(&absolute).env_clear();
    let listed = run(command).map_err(|error| {
        anyhow!(
            "`{interpreter}`, the loader that `{binary}` asks for, does not work: {error:#}\n\
             hint: install it, or build `{binary}` for this machine"
        )
    })?;
    let status = listed.status;
    let listing = String::from_utf8_lossy(&listed.stdout);
    let complaint = String::from_utf8_lossy(&listed.stderr);
    // glibc begins with the program's path, and with a phrase that says less
    // than ours.
    let complaint = complaint.trim().trim_start_matches(absolute.as_str());
    let complaint = complaint.trim_start_matches(": ");
    let complaint = complaint.trim_start_matches("error while loading shared libraries: ");
    if !status.success() && complaint.is_empty() {
        bail!(
            "`{interpreter} --list {absolute}` says nothing and ends with {status}\n\
             hint: `{binary}` may be damaged; build it again"
        );
    }
    let (found, missing) = parse(&listing);
    let astray = match &missing[..] {
        [] if status.success() => return Ok(found),
        [] => complaint.to_owned(),
        missing => missing.join(", "),
    };
    bail!(
        "`{binary}` needs a shared library that its loader does not find: {astray}\n\
         hint: install the package that has it, or link it statically; \
         LD_LIBRARY_PATH is left out on purpose, because no image would have it"
    );
}

/// Reads the listing of glibc's and musl's loaders, found and missing.
///
/// The lines are `name => path (address)`, `name => not found`, `path
/// (address)`, and a name without a path for what the kernel provides.
fn parse(listing: &str) -> (Vec<Found>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for line in listing.lines().map(str::trim) {
        let (name, rest) = match line.split_once(" => ") {
            Some((name, rest)) => (Some(name.to_owned()), rest),
            None => (None, line),
        };
        let path = rest.rsplit_once(" (0x").map_or(rest, |(path, _)| path);
        if path.starts_with('/') {
            let name = name.filter(|name| !name.starts_with('/'));
            found.push(Found { name, path: path.into() });
        } else if path == "not found" {
            missing.extend(name);
        }
    }
    (found, missing)
}

#[cfg(test)]
#[path = "loader_tests.rs"]
mod tests;
