//! One cluster: making it, reaching it, deleting it.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::message::{hint, message};
use super::provider::{PROVIDER, program, provider};
use super::{ANSWER, CLUSTER, NODE_IMAGE, PREFIX};
use crate::backend::kube::cluster::Cluster;
use crate::backend::kube::kubectl::Kubectl;
use crate::build::image::Digest;
use crate::error::Attach as _;
use crate::run::ledger::{BackendResource, Ledger};
use crate::run::{FileLock, Layout, RunId, make_folder, remove};
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tool::{Finished, Output, Tool};

/// How long kind may take to make a cluster, to delete one, and to send an
/// image to its nodes.
const CREATION: Duration = Duration::from_secs(240);
const DELETION: Duration = Duration::from_secs(60);
const SENDING: Duration = Duration::from_secs(110);

/// How long a cluster may take until its nodes and what it needs itself are ready.
const READY: &str = "--timeout=100s";

/// A cluster of kind's. All that it is called is derived from the target folder or the run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct KindCluster {
    kind: Utf8PathBuf,
    /// Whose containers its nodes are: `docker` or `podman`.
    provider: String,
    pub(crate) name: String,
    /// Whether it ends with its run.
    pub(crate) is_fresh: bool,
    /// The folder with its kubeconfig, below the target folder: never the user's.
    folder: Utf8PathBuf,
}

impl KindCluster {
    /// The cluster of the workspace; a fresh one has its name from its run.
    ///
    /// # Errors
    ///
    /// There is no kind, or neither docker nor podman.
    pub(crate) fn find(layout: &Layout, is_fresh: bool) -> anyhow::Result<KindCluster> {
        let digest = Digest::of(layout.base().as_str().as_bytes()).hex();
        let name = format!("{PREFIX}{}", &digest[..12]);
        Self::named(&layout.clusters().join(name), is_fresh)
    }

    /// One of its own for a run.
    pub(crate) fn of_run(&self, run_id: RunId) -> KindCluster {
        let name = format!("{PREFIX}{run_id}");
        KindCluster { folder: self.folder.with_file_name(&name), name, ..self.clone() }
    }

    /// The one whose folder this is.
    pub(super) fn named(folder: &Utf8Path, is_fresh: bool) -> anyhow::Result<KindCluster> {
        let name = folder.file_name().context("a cluster has a name")?.to_owned();
        let (kind, provider, folder) = (program()?, provider()?, folder.to_owned());
        Ok(KindCluster { kind, provider, name, is_fresh, folder })
    }

    /// Where its kubeconfig lies.
    pub(crate) fn kubeconfig(&self) -> Utf8PathBuf {
        self.folder.join("kubeconfig")
    }

    /// What its kubeconfig calls it.
    pub(crate) fn context(&self) -> String {
        format!("kind-{}", self.name)
    }

    /// Makes sure that it is there. Runs at once wait for the one that makes it.
    ///
    /// Until it is whole it stands in the ledger of that run, which removes what a making
    /// that was ended has left. From then on a cluster of the workspace is borrowed by runs,
    /// and stays for the next.
    pub(crate) fn ensure(&self, cluster: &Cluster, ledger: &Ledger) -> anyhow::Result<()> {
        make_folder(&self.folder)?;
        let _making = self.lock()?;
        if self.exists()? {
            if !self.kubeconfig().exists() {
                let kubeconfig = self.kubeconfig();
                self.work(&["export", "kubeconfig", "--kubeconfig", kubeconfig.as_str()], ledger)?;
            }
            return Ok(());
        }
        let owned = self.resource()?;
        ledger.owns(&owned)?;
        let made = self.make(ledger).and_then(|()| wait_until_ready(cluster));
        if let Err(error) = made {
            self.delete()?;
            ledger.released(&owned)?;
            return Err(error.context(format!("cannot make the cluster {}", self.name)));
        }
        if self.is_fresh { Ok(()) } else { ledger.released(&owned) }
    }

    fn make(&self, ledger: &Ledger) -> anyhow::Result<()> {
        let kubeconfig = self.kubeconfig();
        let mut arguments = vec!["create", "cluster", "--kubeconfig", kubeconfig.as_str()];
        let image = std::env::var(NODE_IMAGE).ok().filter(|image| !image.is_empty());
        if let Some(image) = &image {
            arguments.extend(["--image", image]);
        }
        self.work_within(CREATION, &arguments, ledger)
    }

    /// Held while it comes and goes; beside its folder, which goes with it.
    pub(super) fn lock(&self) -> anyhow::Result<FileLock> {
        let path = self.folder.with_extension("lock");
        FileLock::take(&path, CREATION, &Interrupt::default(), || {})
    }

    /// Deletes it, with all that is in it; one that is not there is no error.
    pub(crate) fn delete(&self) -> anyhow::Result<()> {
        let kubeconfig = self.kubeconfig();
        let arguments = ["delete", "cluster", "--kubeconfig", kubeconfig.as_str()];
        self.succeed(self.tool(&self.arguments(&arguments), DELETION))?;
        remove(&self.folder)
    }

    /// It, as it stands in the ledger.
    pub(crate) fn resource(&self) -> anyhow::Result<BackendResource> {
        Ok(BackendResource::new(CLUSTER, &self.name, serde_json::to_value(self)?))
    }

    /// The names of its nodes, which are containers of the provider's.
    pub(crate) fn nodes(&self) -> anyhow::Result<Vec<String>> {
        let listed = self.succeed(self.tool(&self.arguments(&["get", "nodes"]), ANSWER))?;
        let nodes: Vec<String> = listed.split_whitespace().map(str::to_owned).collect();
        ensure!(!nodes.is_empty(), "the cluster {} has no nodes", self.name);
        Ok(nodes)
    }

    /// What calls a program of a node.
    pub(crate) fn on_node(&self, node: &str) -> anyhow::Result<Vec<String>> {
        let engine = find_program(&self.provider)
            .with_context(|| format!("there is no `{}` on PATH any more", self.provider))?;
        Ok([engine.as_str(), "exec", node].map(str::to_owned).into())
    }

    /// Sends an archive to all of its nodes.
    pub(crate) fn load(&self, archive: &str, ledger: &Ledger) -> anyhow::Result<()> {
        self.work_within(SENDING, &["load", "image-archive", archive], ledger)
    }

    /// Whether it is there, whole or not.
    pub(crate) fn exists(&self) -> anyhow::Result<bool> {
        // Where there are none at all, it says so on stderr.
        let listed = self.succeed(self.tool(&["get", "clusters"], ANSWER))?;
        Ok(listed.split_whitespace().any(|name| name == self.name))
    }

    fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        arguments.iter().copied().chain(["--name", &self.name]).collect()
    }

    fn work(&self, arguments: &[&str], ledger: &Ledger) -> anyhow::Result<()> {
        self.work_within(ANSWER, arguments, ledger)
    }

    /// Makes something, while that stands in the ledger. Nodes outlive the call.
    fn work_within(
        &self,
        limit: Duration,
        arguments: &[&str],
        ledger: &Ledger,
    ) -> anyhow::Result<()> {
        let tool = self.tool(&self.arguments(arguments), limit).leaving_others();
        self.succeed(tool.recorded([ledger])).map(drop)
    }

    fn tool(&self, arguments: &[&str], limit: Duration) -> Tool<'static> {
        let mut command = Command::new(&self.kind);
        command.env(PROVIDER, &self.provider).args(arguments);
        Tool::new(command, limit).output(Output::Capture, Output::Capture)
    }

    fn succeed(&self, tool: Tool<'_>) -> anyhow::Result<String> {
        let finished = tool.finish(&Interrupt::default())?;
        match finished.status.success() {
            true => Ok(String::from_utf8_lossy(&finished.stdout).into_owned()),
            false => Err(self.refused(&finished)),
        }
    }

    fn refused(&self, finished: &Finished) -> anyhow::Error {
        let said = String::from_utf8_lossy(&finished.stderr);
        let (said, hint) = (message(&said), hint(&said, &self.provider));
        let error = anyhow!("`{}` {}: {said}", finished.line, finished.ended());
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// Waits until a new cluster can run services that find each other.
fn wait_until_ready(cluster: &Cluster) -> anyhow::Result<()> {
    let limit = Duration::from_secs(100);
    let nodes = ["wait", "--for=condition=Ready", "nodes", "--all", READY];
    Kubectl::new(cluster, None).end(nodes, limit)?;
    let own = ["wait", "--for=condition=Available", "deployments", "--all", READY];
    Kubectl::new(cluster, Some("kube-system")).end(own, limit)
}
