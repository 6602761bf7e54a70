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
mod tests {
    use super::*;
    use insta::{assert_debug_snapshot, assert_snapshot};

    #[test]
    fn the_listing_of_glibc() {
        let (found, missing) = parse(
            "\tlinux-vdso.so.1 (0x00007efe03819000)\n\
             \tlibf.so.1 => /opt/my libs (0x2)/libf.so.1 (0x00007efe037b4000)\n\
             \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007efe035d2000)\n\
             \tlibgone.so.1 => not found\n\
             \t/lib64/ld-linux-x86-64.so.2 (0x00007efe0381b000)\n",
        );
        let found =
            Vec::from_iter(found.iter().map(|found| (found.name.as_deref(), found.path.as_str())));
        assert_debug_snapshot!(found, @r#"
        [
            (
                Some(
                    "libf.so.1",
                ),
                "/opt/my libs (0x2)/libf.so.1",
            ),
            (
                Some(
                    "libc.so.6",
                ),
                "/lib/x86_64-linux-gnu/libc.so.6",
            ),
            (
                None,
                "/lib64/ld-linux-x86-64.so.2",
            ),
        ]
        "#);
        assert_eq!(missing, ["libgone.so.1"]);
    }

    #[test]
    fn the_listing_of_musl() {
        let (found, missing) = parse(
            "\t/lib/ld-musl-x86_64.so.1 (0x7f1e7c5d6000)\n\
             \tlibc.so => /lib/ld-musl-x86_64.so.1 (0x7f1e7c5d6000)\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].name.as_deref(), Some("libc.so"));
        assert_eq!(found[1].path, "/lib/ld-musl-x86_64.so.1");
        assert!(missing.is_empty());
    }

    #[test]
    fn a_static_program_has_no_libraries() {
        assert_eq!(parse("\tstatically linked\n"), (vec![], vec![]));
    }

    #[test]
    fn a_missing_loader_is_named() {
        let run: RunLoader<'_> = &|_| bail!("there is no such file");
        let error = list("/nowhere/ld.so".into(), "/bin/program".into(), run).unwrap_err();
        assert_snapshot!(format!("{error:#}"), @r"
        `/nowhere/ld.so`, the loader that `/bin/program` asks for, does not work: there is no such file
        hint: install it, or build `/bin/program` for this machine
        ");
    }
}
