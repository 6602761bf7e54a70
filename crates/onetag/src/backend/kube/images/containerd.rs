//! The images of a node: of a containerd that the caller has named, or of a node of kind's.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};

use super::super::cluster::Delivery;
use super::super::kind::KindCluster;
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
    /// Where it is, for people.
    place: String,
    /// The call of its `ctr`, as far as it is always the same.
    ctr: Vec<String>,
    /// The cluster that sends images to it, if it is a node of one.
    kind: Option<KindCluster>,
}

impl Containerd {
    /// All of them that a cluster gets images into; none where nodes pull them.
    pub(in super::super) fn all(delivery: &Delivery) -> anyhow::Result<Vec<Containerd>> {
        match delivery {
            Delivery::Registry(_) => Ok(Vec::new()),
            Delivery::Containerd(socket) => Ok(vec![Self::at(socket)?]),
            Delivery::Nodes(kind) => {
                kind.nodes()?.iter().map(|node| Self::of_node(kind, node)).collect()
            }
        }
    }

    /// The one that listens at a socket.
    fn at(socket: &Utf8Path) -> anyhow::Result<Containerd> {
        let ctr = find_program("ctr")
            .ok_or_else(|| anyhow!("there is no `ctr` on PATH, with which images are imported"))
            .hint("apt-get install containerd, or your system's package")?;
        let ctr = [ctr.as_str(), "--address", socket.as_str()].map(str::to_owned).into();
        Ok(Containerd { place: socket.to_string(), ctr, kind: None })
    }

    fn of_node(kind: &KindCluster, node: &str) -> anyhow::Result<Containerd> {
        let mut ctr = kind.on_node(node)?;
        ctr.push("ctr".to_owned());
        Ok(Containerd { place: node.to_owned(), ctr, kind: Some(kind.clone()) })
    }

    /// Its `ctr`, with the arguments that it gets each time.
    pub(in super::super) fn command(&self) -> Command {
        let mut command = Command::new(&self.ctr[0]);
        command.args(&self.ctr[1..]).args(["--namespace", NAMESPACE]);
        command
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
                bail!("{} has other bytes under the name {name}: {there}", self.place);
            }
            if attempt > 1 {
                // A run that ends may have taken away what another one gave a name just then.
                let loads = attempt - 1;
                Ui::stderr().line(format!("{name} is not in {} after load {loads}", self.place));
            }
            if !self.attach_name(name, &expected.shown(), ledger)? {
                let archive = archive()?;
                let imported = match &self.kind {
                    Some(kind) => kind.load(archive.as_str(), ledger),
                    None => self.work(&["import", archive.as_str()], ledger),
                };
                let _ = std::fs::remove_file(&archive);
                imported?;
            }
        }
        self.find(name)?.with_context(|| format!("{} does not keep {name}", self.place))
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

    /// The names of an image.
    fn names_of(&self, digest: &Digest) -> anyhow::Result<Vec<String>> {
        let listed = self.ask(&["list", "--quiet", &format!("target.digest==\"{digest}\"")])?;
        let names = listed.lines().map(str::trim).filter(|name| !name.is_empty());
        Ok(names.map(str::to_owned).collect())
    }

    fn attach_name(&self, name: &str, digest: &Digest, ledger: &Ledger) -> anyhow::Result<bool> {
        let names = self.names_of(digest)?;
        let Some(other) = names.first() else { return Ok(false) };
        // Another run that ends may take it away meanwhile: then it is imported.
        Ok(self.work(&["tag", other, name], ledger).is_ok())
    }

    /// Takes a name away; the bytes go with the last that somebody gave.
    pub(in super::super) fn remove(&self, name: &str) -> anyhow::Result<()> {
        let Some(digest) = self.find(name)? else { return Ok(()) };
        let mut others = self.names_of(&digest)?;
        others.retain(|other| other != name);
        if !others.iter().all(|other| was_given_by_nobody(other)) {
            others.clear();
        }
        // The own name goes last: as long as it is there, the others are found.
        let others = others.iter().map(String::as_str);
        let arguments: Vec<&str> = ["remove"].into_iter().chain(others).chain([name]).collect();
        let finished = self.tool(&arguments, ANSWER).finish(&Interrupt::default())?;
        let said = String::from_utf8_lossy(&finished.stderr).into_owned();
        match finished.status.success() || said.contains("not found") {
            true => Ok(()),
            false => Err(self.refused(&finished)),
        }
    }

    /// Pauses a container of this node.
    pub(in super::super) fn pause(&self, container: &str) -> anyhow::Result<()> {
        self.task(&["pause", container])
    }

    /// Kills a paused one, without letting it run once more.
    pub(in super::super) fn kill(&self, container: &str) -> anyhow::Result<()> {
        self.task(&["kill", "--all", "--signal", "SIGKILL", container])?;
        // Some runtimes resume it for a kill. Its node may then have removed it already, and
        // `ctr` fails in many ways. What still runs is found by whoever waits for its end.
        let _ = self.task(&["resume", container]);
        Ok(())
    }

    /// Does something with a container. One that is not there, or has just ended, is no
    /// error.
    fn task(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let finished = self.call("tasks", arguments, ANSWER).finish(&Interrupt::default())?;
        let said = String::from_utf8_lossy(&finished.stderr);
        let has_ended = [
            "not found",
            "not running",
            "already finished",
            "stopped container",
            "deleted process",
            // The process that minds it has ended with it.
            "ttrpc: closed",
        ];
        match finished.status.success() || has_ended.iter().any(|words| said.contains(words)) {
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
        self.call("images", arguments, limit)
    }

    fn call(&self, of: &str, arguments: &[&str], limit: Duration) -> Tool<'static> {
        let mut command = self.command();
        command.arg(of).args(arguments);
        Tool::new(command, limit).output(Output::Capture, Output::Capture)
    }

    fn refused(&self, finished: &Finished) -> anyhow::Error {
        let said = String::from_utf8_lossy(&finished.stderr);
        let said = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        let said = printable(said.trim().trim_start_matches("ctr: "), SAID);
        let error = anyhow!("`{}` {}: {said}", finished.line, finished.ended());
        match self.kind.is_none()
            && (said.contains("permission denied") || said.contains("no such file"))
        {
            true => error.hint(format!(
                "`--containerd` names {}: containerd has to listen there, and let this user in",
                self.place
            )),
            false => error,
        }
    }
}

/// Whether an image has this name only because it is there: Kubernetes' part of containerd
/// names each by its id, `sha256:<digest of its configuration>`, and `kind load` by the
/// day and its digest, `import-<day>@sha256:…` (`ctr images import --digests`).
fn was_given_by_nobody(name: &str) -> bool {
    name.starts_with("sha256:") || name.starts_with("import-") && name.contains("@sha256:")
}
