//! Whether nextest is there, and new enough.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use semver::Version;
use xshell::cmd;

use crate::context::Context;
use crate::error::Attach as _;
use crate::system::tool::{Output, Tool};

/// The oldest nextest that the hook works with: environment variables of setup
/// scripts and the names of script tables are as used here since then.
const REQUIRED: Version = Version::new(0, 9, 131);

const INSTALL: &str = "cargo install --locked cargo-nextest";

/// Asks nextest for its version, which takes 20 ms: most of it is cargo, which has
/// to find the same nextest that runs the tests.
///
/// Errors: there is none, or it is too old; both say how to get one.
pub(crate) fn check_version(context: &Context) -> anyhow::Result<()> {
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let finished = Tool::new(cmd!(shell, "{cargo} nextest --version"), Duration::from_secs(60))
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?;
    if !finished.status.success() {
        let error = String::from_utf8_lossy(&finished.stderr);
        let error = error.lines().next().unwrap_or_default();
        return Err(anyhow!("cargo-nextest cannot be run: {error}")).hint(INSTALL);
    }
    let text = String::from_utf8_lossy(&finished.stdout);
    let version = parse(&text)
        .with_context(|| format!("`{}` prints no version: {}", finished.line, text.trim()))?;
    if version < REQUIRED {
        let error =
            anyhow!("cargo-nextest {version} is too old: the hook needs {REQUIRED} or newer");
        return Err(error).hint(INSTALL);
    }
    Ok(())
}

/// The version in `cargo-nextest 0.9.143 (60fa45f63 2026-08-04)`.
fn parse(text: &str) -> Option<Version> {
    Version::parse(text.split_whitespace().nth(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_word_is_the_version() {
        let text = "cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\nrelease: 0.9.143\n";
        assert_eq!(parse(text), Some(Version::new(0, 9, 143)));
        assert!(parse("cargo-nextest 0.9.99").unwrap() < REQUIRED);
        assert!(parse("cargo-nextest 0.10.0-rc.1").unwrap() > REQUIRED);
        assert_eq!(parse("error"), None);
    }
}
