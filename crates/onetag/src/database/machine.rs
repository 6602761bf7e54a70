//! The PostgreSQL of this machine.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};

use crate::backend::Check;
use crate::error::Attach as _;
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

/// Names the folder of its programs; then nothing else is looked at.
const FOLDER: &str = "ONETAG_POSTGRES_BIN";

/// Where packages put programs that are not on PATH, by version.
const PACKAGES: [(&str, &str); 2] = [("/usr/lib/postgresql", "bin"), ("/usr", "bin")];

/// The oldest version that will do: `DROP DATABASE … WITH (FORCE)` came with it.
const OLDEST: u32 = 13;

/// How long a program may take to say its version.
const LIMIT: Duration = Duration::from_secs(10);

const HINT: &str = "`apt-get install postgresql` brings it on Debian; or name the folder of its \
                    programs: ONETAG_POSTGRES_BIN=/path/to/bin";

/// The programs of one PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installation {
    folder: Utf8PathBuf,
    version: String,
}

impl Installation {
    /// The one that runs use: what the caller names, else the one on PATH if it is new
    /// enough, else the newest that packages have installed.
    ///
    /// # Errors
    ///
    /// There is none, or none is new enough.
    pub(crate) fn find() -> anyhow::Result<Installation> {
        let (mut old, mut looked) = (Vec::new(), Vec::new());
        for folder in folders() {
            looked.push(folder.to_string());
            if !["initdb", "postgres", "psql"].iter().all(|name| is_there(&folder, name)) {
                continue;
            }
            let version = version(&folder.join("postgres"))?;
            if major(&version).is_some_and(|major| major >= OLDEST) {
                return Ok(Installation { folder, version });
            }
            old.push(format!("{folder} has {version}"));
        }
        Err(match old.is_empty() {
            true => anyhow!("there is no PostgreSQL server on this machine: {}", looked.join(", ")),
            false => anyhow!(
                "PostgreSQL {OLDEST} or newer is wanted, and only older ones are there: {}",
                old.join(", ")
            ),
        }
        .hint(HINT))
    }

    /// One of its programs.
    pub(crate) fn program(&self, name: &str) -> Utf8PathBuf {
        self.folder.join(name)
    }
}

/// The client of the machine, which servers elsewhere need.
pub(super) fn client() -> anyhow::Result<Utf8PathBuf> {
    let mut found = folders().into_iter().filter(|folder| is_there(folder, "psql"));
    let path = || find_program("psql");
    let found = found.next().map(|folder| folder.join("psql")).or_else(path);
    found.context("there is no `psql` on this machine").hint("apt-get install postgresql-client")
}

/// What `doctor` says of it.
pub(crate) fn check() -> Check {
    let name = "postgres";
    let wanted = format!("{OLDEST} or newer, for `--database postgres` on `process`");
    match Installation::find() {
        Ok(found) => Check::ok(name, format!("{} in {}", found.version, found.folder)),
        // Not everybody wants one.
        Err(error) => Check::warning(name, format!("{error:#}")).mend(HINT),
    }
    .wanted(wanted)
}

/// Where its programs may be, the best first.
fn folders() -> Vec<Utf8PathBuf> {
    if let Some(named) = std::env::var(FOLDER).ok().filter(|named| !named.is_empty()) {
        return vec![named.into()];
    }
    // A link on PATH has only some of the others beside it.
    let on_path = find_program("postgres").and_then(|path| path.canonicalize_utf8().ok());
    let on_path = on_path.and_then(|path| Some(path.parent()?.to_owned()));
    let mut packaged: Vec<(u32, Utf8PathBuf)> = Vec::new();
    for (base, bin) in PACKAGES {
        for entry in Utf8Path::new(base).read_dir_utf8().into_iter().flatten().flatten() {
            // `/usr/lib/postgresql/15/bin`, `/usr/pgsql-15/bin`
            let name = entry.file_name();
            let version = name.strip_prefix("pgsql-").unwrap_or(name).parse();
            if let Ok(version) = version {
                packaged.push((version, entry.path().join(bin)));
            }
        }
    }
    packaged.sort();
    let packaged = packaged.into_iter().rev().map(|(_, folder)| folder);
    let mut all: Vec<_> = on_path.into_iter().chain(configured()).chain(packaged).collect();
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|folder| seen.insert(folder.clone()));
    all
}

/// The folder that `pg_config` tells.
fn configured() -> Option<Utf8PathBuf> {
    let mut command = Command::new(find_program("pg_config")?);
    command.arg("--bindir");
    let folder = Utf8PathBuf::from(ask(command).ok()?);
    folder.is_absolute().then_some(folder)
}

fn is_there(folder: &Utf8Path, name: &str) -> bool {
    find_program(folder.join(name).as_str()).is_some()
}

/// `15.13 (Debian 15.13-0+deb12u1)`
fn version(postgres: &Utf8Path) -> anyhow::Result<String> {
    let mut command = Command::new(postgres);
    command.arg("--version");
    let said = ask(command)?;
    Ok(said.strip_prefix("postgres (PostgreSQL) ").unwrap_or(&said).to_owned())
}

fn ask(command: Command) -> anyhow::Result<String> {
    let tool = Tool::new(command, LIMIT).output(Output::Capture, Output::Capture);
    let said = tool.finish(&Interrupt::default())?.success()?.stdout;
    Ok(String::from_utf8_lossy(&said).lines().next().unwrap_or_default().trim().to_owned())
}

/// The number before the first dot; `17beta1` has 17.
fn major(version: &str) -> Option<u32> {
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_counts() {
        for (version, expected) in [
            ("15.13 (Debian 15.13-0+deb12u1)", Some(15)),
            ("17beta1", Some(17)),
            ("9.6.24", Some(9)),
            ("no server", None),
        ] {
            assert_eq!(major(version), expected, "{version}");
        }
    }
}
