//! Whether nextest is there, and new enough.

use std::time::Duration;

use anyhow::{Context as _, bail};
use xshell::cmd;

use crate::context::Context;
use crate::tool::{Said, Tool};

/// The oldest nextest that the hook works with: environment variables of setup
/// scripts and the names of script tables are as used here since then.
const REQUIRED: [u64; 3] = [0, 9, 131];

const INSTALL: &str = "hint: cargo install --locked cargo-nextest";

/// Asks nextest for its version.
///
/// Errors: there is none, or it is too old; both say how to get one.
pub(crate) fn check_version(context: &Context) -> anyhow::Result<()> {
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let finished = Tool::new(cmd!(shell, "{cargo} nextest --version"), Duration::from_secs(60))
        .said(Said::Captured, Said::Captured)
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
