//! Whether nextest is there, and new enough.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;
use semver::Version;
use xshell::{Shell, cmd};

use crate::error::Attach as _;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

/// How long it may take to say its version.
const LIMIT: Duration = Duration::from_secs(60);

/// The version of the nextest that is there, or why it cannot be run.
#[derive(Clone, Debug)]
pub(crate) struct NextestVersion(Result<Version, String>);

impl NextestVersion {
    /// The oldest nextest that the hook works with: environment variables of setup
    /// scripts and the names of script tables are as used here since then.
    pub(crate) const REQUIRED: Version = Version::new(0, 9, 131);

    /// What installs the newest.
    pub(crate) const INSTALL: &str = "cargo install --locked cargo-nextest";

    /// Asks the cargo that runs the tests with it, in `folder`. It takes 20 ms, most
    /// of it in cargo.
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
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        Ok(NextestVersion(match finished.status.success() {
            true => parse(&text(&finished.stdout)),
            false => Err(text(&finished.stderr).lines().next().unwrap_or_default().to_owned()),
        }))
    }

    /// The version, or why there is none.
    pub(crate) fn version(&self) -> Result<&Version, &str> {
        self.0.as_ref().map_err(String::as_str)
    }

    /// Errors: there is no nextest, or it is too old; both say how to get one.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let error = match &self.0 {
            Ok(version) if *version >= Self::REQUIRED => return Ok(()),
            Ok(version) => {
                let required = Self::REQUIRED;
                anyhow!("cargo-nextest {version} is too old: the hook needs {required} or newer")
            }
            Err(reason) => anyhow!("cargo-nextest cannot be run: {reason}"),
        };
        Err(error.hint(Self::INSTALL))
    }
}

/// The version in `cargo-nextest 0.9.143 (60fa45f63 2026-08-04)`.
fn parse(text: &str) -> Result<Version, String> {
    let version = text.split_whitespace().nth(1).and_then(|word| Version::parse(word).ok());
    version.ok_or_else(|| format!("its version is `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_word_is_the_version() {
        let text = "cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\nrelease: 0.9.143\n";
        assert_eq!(parse(text), Ok(Version::new(0, 9, 143)));
        assert!(parse("error").is_err());
    }

    #[test]
    fn what_is_older_than_the_required_version_is_refused() {
        let check = |text| NextestVersion(parse(text)).check();
        assert!(check("cargo-nextest 0.9.99").is_err());
        assert!(check("cargo-nextest 0.9.131").is_ok());
        assert!(check("cargo-nextest 0.10.0-rc.1").is_ok());
        assert!(NextestVersion(Err("no such command".to_owned())).check().is_err());
    }
}
