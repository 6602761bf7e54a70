//! Whether nextest is there, and new enough.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use camino::Utf8PathBuf;
use xshell::cmd;

use crate::build::image::FileIdentity;
use crate::context::Context;
use crate::run::{make_folder, read_json, write_json};
use crate::system::tool::{Output, Tool};

/// The oldest nextest that the hook works with: environment variables of setup
/// scripts and the names of script tables are as used here since then.
const REQUIRED: [u64; 3] = [0, 9, 131];

const INSTALL: &str = "hint: cargo install --locked cargo-nextest";

/// What cargo looks for when it is asked for `nextest`.
const PROGRAM: &str = "cargo-nextest";

/// Asks nextest for its version, unless the same one was asked before.
///
/// Errors: there is none, or it is too old; both say how to get one.
pub(crate) fn check_version(context: &Context) -> anyhow::Result<()> {
    let programs = programs();
    let cache = context.layout().cache(&context.workspace.root);
    let note = cache.join("nextest.json");
    if !programs.is_empty() && read_json::<Programs>(&note).is_ok_and(|known| known == programs) {
        return Ok(());
    }
    ask(context)?;
    // What cannot be remembered is asked again; whoever needs the folder says
    // why it cannot be made.
    let _ = make_folder(&cache).and_then(|()| write_json(&note, &programs));
    Ok(())
}

/// Files of this name where cargo looks for its subcommands, in no matter which
/// order it does: where all are the same, it finds the same.
type Programs = Vec<(Utf8PathBuf, FileIdentity)>;

fn programs() -> Programs {
    let variable = |key: &str| std::env::var_os(key).unwrap_or_default();
    let home = PathBuf::from(variable("CARGO_HOME"));
    let default = PathBuf::from(variable("HOME")).join(".cargo");
    let homes = [home, default].map(|home| home.join("bin"));
    std::env::split_paths(&variable("PATH"))
        .chain(homes)
        .filter_map(|folder| Utf8PathBuf::try_from(folder.join(PROGRAM)).ok())
        .filter_map(|path| FileIdentity::of_path(&path).ok().map(|identity| (path, identity)))
        .collect()
}

fn ask(context: &Context) -> anyhow::Result<()> {
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let finished = Tool::new(cmd!(shell, "{cargo} nextest --version"), Duration::from_secs(60))
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?;
    if !finished.status.success() {
        let said = String::from_utf8_lossy(&finished.stderr);
        let said = said.lines().next().unwrap_or_default();
        bail!("cargo-nextest cannot be run: {said}\n{INSTALL}");
    }
    let text = String::from_utf8_lossy(&finished.stdout).into_owned();
    let version =
        parse(&text).with_context(|| format!("`{}` says no version: {text}", finished.line))?;
    if version < REQUIRED {
        let dotted = |version: [u64; 3]| version.map(|part| part.to_string()).join(".");
        bail!(
            "cargo-nextest {} is too old: the hook needs {} or newer\n{INSTALL}",
            dotted(version),
            dotted(REQUIRED)
        );
    }
    Ok(())
}

/// The version in `cargo-nextest 0.9.143 (60fa45f63 2026-08-04)`.
fn parse(text: &str) -> Option<[u64; 3]> {
    let word = text.split_whitespace().nth(1)?;
    let mut parts = word.split(['.', '-']).map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\n"), Some([0, 9, 143]));
        assert!(parse("cargo-nextest 0.9.99").unwrap() < REQUIRED);
        assert!(parse("cargo-nextest 0.10.0-rc.1").unwrap() > REQUIRED);
        assert_eq!(parse("error"), None);
    }
}
