//! The images of a containerd that the caller has named: that of the cluster's only node.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};

use crate::backend::Expected;
use crate::build::image::Digest;
use crate::error::Attach as _;
use crate::report::Ui;
use crate::run::ledger::Ledger;
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tail::printable;
use crate::system::tool::{Finished, Output, Tool};

/// How long containerd may take to answer, and to import an image.
const ANSWER: Duration = Duration::from_secs(30);
const IMPORT: Duration = Duration::from_secs(110);

/// How often an image is loaded that another run takes away meanwhile.
const LOADS: usize = 3;

/// How many bytes of what ctr says are shown.
const SAID: usize = 2000;

/// The namespace of containerd in which kubelets keep what they run.
const NAMESPACE: &str = "k8s.io";

/// A containerd.
#[derive(Debug)]
pub(in super::super) struct Containerd {
    ctr: Utf8PathBuf,
    socket: Utf8PathBuf,
}

impl Containerd {
    /// The one that listens at a socket.
    pub(in super::super) fn at(socket: &Utf8Path) -> anyhow::Result<Containerd> {
        let ctr = find_program("ctr")
            .ok_or_else(|| anyhow!("there is no `ctr` on PATH, with which images are imported"))
            .hint("apt-get install containerd, or your system's package")?;
        Ok(Containerd { ctr, socket: socket.to_owned() })
    }

    /// Makes sure that one of these images is there under this name. Where the bytes are
    /// there, only the name is attached.
    pub(super) fn load(
        &self,
        name: &str,
        expected: &Expected,
        ledger: &Ledger,
        archive: impl Fn() -> anyhow::Result<Utf8PathBuf>,
    ) -> anyhow::Result<Digest> {
        for attempt in 1..=LOADS {
            if let Some(there) = self.find(name)? {
                if expected.contains(&there) {
                    return Ok(there);
                }
                bail!("containerd has other bytes under the name {name}: {there}");
            }
            if attempt > 1 {
                // A run that ends may have taken away what another one gave a name just then.
                Ui::stderr().line(format!("{name} is not in containerd after {attempt} loads"));
            }
            if !self.attach_name(name, &expected.shown(), ledger)? {
                let archive = archive()?;
                let imported = self.work(&["import", archive.as_str()], ledger);
                let _ = std::fs::remove_file(&archive);
                imported?;
            }
        }
        self.find(name)?.with_context(|| format!("containerd does not keep {name}"))
    }

    /// The digest of what has this name.
    fn find(&self, name: &str) -> anyhow::Result<Option<Digest>> {
        let listed = self.ask(&["list", &format!("name==\"{name}\"")])?;
        // REF TYPE DIGEST SIZE PLATFORMS LABELS
        let row = listed.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
        let row = row.into_iter().find(|row| row.first() == Some(&name));
        row.map(|row| row.get(2).context("`ctr` tells no digest")?.parse()).transpose()
    }

    /// The names that have this in them.
    pub(in super::super) fn names(&self, part: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.ask(&["list", "--quiet"])?;
        Ok(listed
            .lines()
            .map(str::trim)
            .filter(|name| name.contains(part))
            .map(str::to_owned)
            .collect())
    }

    fn attach_name(&self, name: &str, digest: &Digest, ledger: &Ledger) -> anyhow::Result<bool> {
        let listed = self.ask(&["list", "--quiet", &format!("target.digest==\"{digest}\"")])?;
        let Some(other) = listed.lines().map(str::trim).find(|line| !line.is_empty()) else {
            return Ok(false);
        };
        // Another run that ends may take it away meanwhile: then it is imported.
        Ok(self.work(&["tag", other, name], ledger).is_ok())
    }

    /// Takes a name away; the bytes go with the last.
    pub(in super::super) fn remove(&self, name: &str) -> anyhow::Result<()> {
        let finished = self.tool(&["remove", name], ANSWER).finish(&Interrupt::default())?;
        let said = String::from_utf8_lossy(&finished.stderr).into_owned();
        match finished.status.success() || said.contains("not found") {
            true => Ok(()),
            false => Err(self.refused(&finished)),
        }
    }

    fn ask(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let finished = self.tool(arguments, ANSWER).finish(&Interrupt::default())?;
        match finished.status.success() {
            true => Ok(String::from_utf8_lossy(&finished.stdout).into_owned()),
            false => Err(self.refused(&finished)),
        }
    }

    fn work(&self, arguments: &[&str], ledger: &Ledger) -> anyhow::Result<()> {
        let tool = self.tool(arguments, IMPORT).recorded([ledger]);
        let finished = tool.finish(&Interrupt::default())?;
        match finished.status.success() {
            true => Ok(()),
            false => Err(self.refused(&finished)),
        }
    }

    fn tool(&self, arguments: &[&str], limit: Duration) -> Tool<'static> {
        let mut command = Command::new(&self.ctr);
        command.args(["--address", self.socket.as_str(), "--namespace", NAMESPACE, "images"]);
        command.args(arguments);
        Tool::new(command, limit).output(Output::Capture, Output::Capture)
    }

    fn refused(&self, finished: &Finished) -> anyhow::Error {
        let said = String::from_utf8_lossy(&finished.stderr);
        let said = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        let said = printable(said.trim().trim_start_matches("ctr: "), SAID);
        let error = anyhow!("`{}` {}: {said}", finished.line, finished.ended());
        match said.contains("permission denied") || said.contains("no such file") {
            true => error.hint(format!(
                "`--containerd` names {}: containerd has to listen there, and let this user in",
                self.socket
            )),
            false => error,
        }
    }
}
