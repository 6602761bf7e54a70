//! The short way from nextest's setup script to this program.
//!
//! The script is `cargo xtask hook <suite>`. By itself that has cargo resolve the
//! workspace and look at all that this program was made of, to find that it is
//! there: a good part of what a run costs. The program that drives the run is
//! there for certain. So, for nextest and below, `xtask` becomes an alias of a
//! subcommand that is this program.

use std::env::{join_paths, split_paths, var_os};
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::symlink;

use anyhow::Context as _;
use camino::Utf8Path;

use crate::run::{RunFolder, make_folder};
use crate::system::own_path;

/// The subcommand: cargo looks for `cargo-<name>` on the path.
const SUBCOMMAND: &str = "onetag-run";

/// Cargo's configuration key `alias.xtask` as a variable, which goes before the
/// files (Cargo Book, configuration).
const ALIAS: &str = "CARGO_ALIAS_XTASK";

/// What a program of this name on the path means for cargo.
const EXTERNAL: &str = "cargo-xtask";

/// The variables that shorten the way; none where `cargo xtask` is a program on
/// the path, which is short already and which cargo would warn of.
pub(super) fn shortcut(folder: &RunFolder) -> anyhow::Result<Vec<(&'static str, OsString)>> {
    let path = var_os("PATH").unwrap_or_default();
    if split_paths(&path).any(|folder| folder.join(EXTERNAL).exists()) {
        return Ok(Vec::new());
    }
    let programs = folder.programs();
    make_folder(&programs)?;
    let link = programs.join(format!("cargo-{SUBCOMMAND}"));
    let program = own_path().context("cannot find this program")?;
    // `test` comes here several times in the life of a kept run, and this program
    // may be another one by then.
    let _ = std::fs::remove_file(&link);
    symlink(program, &link).with_context(|| format!("cannot make {link}"))?;
    Ok(vec![(ALIAS, SUBCOMMAND.into()), ("PATH", first_on(&path, &programs)?)])
}

fn first_on(path: &OsStr, folder: &Utf8Path) -> anyhow::Result<OsString> {
    let all = std::iter::once(folder.as_std_path().to_owned()).chain(split_paths(path));
    join_paths(all).with_context(|| format!("{folder} cannot be on the path"))
}

/// The arguments of this process, without the name that cargo puts first when it
/// calls this program as its subcommand.
pub(crate) fn arguments() -> impl Iterator<Item = OsString> {
    without_subcommand(std::env::args_os())
}

fn without_subcommand(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    arguments.enumerate().filter_map(|(at, argument)| match (at, argument) {
        (1, name) if name == SUBCOMMAND => None,
        (_, argument) => Some(argument),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_subcommand_is_no_argument() {
        let given = |line: &[&str]| -> Vec<OsString> {
            without_subcommand(line.iter().map(OsString::from)).collect()
        };
        assert_eq!(given(&["cargo-onetag-run", SUBCOMMAND, "hook", "a"])[1..], ["hook", "a"]);
        assert_eq!(given(&["xtask", "hook", SUBCOMMAND])[1..], ["hook", SUBCOMMAND]);
    }
}
