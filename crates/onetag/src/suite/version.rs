//! Whether nextest is there, and new enough.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;
use semver::Version;
use xshell::{Shell, cmd};

use crate::error::Attach as _;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

/// The oldest nextest that the hook works with: environment variables of setup
/// scripts and the names of script tables are as used here since then.
const REQUIRED: Version = Version::new(0, 9, 131);

/// How long it may take to say its version.
const LIMIT: Duration = Duration::from_secs(60);

const INSTALL: &str = "cargo install --locked cargo-nextest";

/// What nextest says of itself, through the cargo that runs the tests with it.
#[derive(Debug)]
pub(crate) enum NextestVersion {
    /// It is there.
    Found(Version),
    /// It cannot be run, for this reason.
    Missing(String),
}

impl NextestVersion {
    /// Asks for the version, in `folder`. It takes 20 ms, most of it in cargo.
    ///
    /// Errors: cargo cannot be run, or a signal came; a nextest that is not there is
    /// no error yet.
    pub(crate) fn query(
        cargo: &str,
        folder: &Utf8Path,
        interrupt: &Interrupt,
    ) -> anyhow::Result<NextestVersion> {
        let shell = Shell::new().context("cannot start a shell")?;
        shell.change_dir(folder);
        let finished = Tool::new(cmd!(shell, "{cargo} nextest --version"), LIMIT)
            .output(Output::Capture, Output::Capture)
            .finish(interrupt)?;
        if !finished.status.success() {
            let error = String::from_utf8_lossy(&finished.stderr);
            let error = error.lines().next().unwrap_or_default();
            return Ok(NextestVersion::Missing(error.to_owned()));
        }
        let text = String::from_utf8_lossy(&finished.stdout);
        Ok(match parse(&text) {
            Some(version) => NextestVersion::Found(version),
            None => NextestVersion::Missing(format!("its version is `{}`", text.trim())),
        })
    }

    /// Errors: there is no nextest, or it is too old; both say how to get one.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let error = match self {
            NextestVersion::Found(version) if *version >= REQUIRED => return Ok(()),
            NextestVersion::Found(version) => {
                anyhow!("cargo-nextest {version} is too old: the hook needs {REQUIRED} or newer")
            }
            NextestVersion::Missing(reason) => anyhow!("cargo-nextest cannot be run: {reason}"),
        };
        Err(error.hint(INSTALL))
    }
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
        assert_eq!(parse("error"), None);
    }

    #[test]
    fn what_is_older_than_the_required_version_is_refused() {
        let check = |text| NextestVersion::Found(parse(text).unwrap()).check();
        assert!(check("cargo-nextest 0.9.99").is_err());
        assert!(check("cargo-nextest 0.9.131").is_ok());
        assert!(check("cargo-nextest 0.10.0-rc.1").is_ok());
        assert!(NextestVersion::Missing("no such command".to_owned()).check().is_err());
    }
}
