//! Clusters of kind: one of the workspace, made when it is not there, or one of a run's own.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::cluster::{Cluster, Delivery};
use super::kubectl::Kubectl;
use super::sweep::names;
use crate::backend::{Sweep, SweptObject, Verdict};
use crate::build::image::Digest;
use crate::error::Attach as _;
use crate::run::ledger::{BackendResource, Ledger};
use crate::run::{FileLock, Layout, RunFolder, RunId, make_folder, remove};
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tail::printable;
use crate::system::tool::{Finished, Output, Tool};

/// What the names of all clusters begin with.
const PREFIX: &str = "onetag-";

/// What the ledger calls a cluster.
pub(super) const CLUSTER: &str = "cluster";

/// The variable that tells kind whose containers its nodes are.
const PROVIDER: &str = "KIND_EXPERIMENTAL_PROVIDER";

/// The variable that names the image of nodes, where it is not to be kind's own.
const NODE_IMAGE: &str = "ONETAG_KIND_NODE_IMAGE";

/// How long kind may take to answer, to make a cluster, to delete one, and to send an
/// image to its nodes.
const ANSWER: Duration = Duration::from_secs(30);
const CREATION: Duration = Duration::from_secs(240);
const DELETION: Duration = Duration::from_secs(60);
const SENDING: Duration = Duration::from_secs(110);

/// How long a cluster may take until its nodes and what it needs itself are ready.
const READY: &str = "--timeout=100s";

/// How many bytes of what kind says are shown.
const SAID: usize = 2000;

/// A cluster of kind's. All that it is called is derived from the target folder or the run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct KindCluster {
    kind: Utf8PathBuf,
    /// Whose containers its nodes are: `docker` or `podman`.
    provider: String,
    pub(super) name: String,
    /// Whether it ends with its run.
    pub(super) is_fresh: bool,
    /// The folder with its kubeconfig, below the target folder: never the user's.
    folder: Utf8PathBuf,
}

impl KindCluster {
    /// The cluster of the workspace; a fresh one has its name from its run.
    ///
    /// # Errors
    ///
    /// There is no kind, or neither docker nor podman.
    pub(super) fn find(layout: &Layout, is_fresh: bool) -> anyhow::Result<KindCluster> {
        let digest = Digest::of(layout.base().as_str().as_bytes()).hex();
        let name = format!("{PREFIX}{}", &digest[..12]);
        Self::named(&layout.clusters().join(name), is_fresh)
    }

    /// One of its own for a run.
    pub(super) fn of_run(&self, run_id: RunId) -> KindCluster {
        let name = format!("{PREFIX}{run_id}");
        KindCluster { folder: self.folder.with_file_name(&name), name, ..self.clone() }
    }

    /// The one whose folder this is.
    fn named(folder: &Utf8Path, is_fresh: bool) -> anyhow::Result<KindCluster> {
        let name = folder.file_name().context("a cluster has a name")?.to_owned();
        let (kind, provider, folder) = (program()?, provider()?, folder.to_owned());
        Ok(KindCluster { kind, provider, name, is_fresh, folder })
    }

    /// Where its kubeconfig lies.
    pub(super) fn kubeconfig(&self) -> Utf8PathBuf {
        self.folder.join("kubeconfig")
    }

    /// What its kubeconfig calls it.
    pub(super) fn context(&self) -> String {
        format!("kind-{}", self.name)
    }

    /// Makes sure that it is there. Runs at once wait for the one that makes it.
    ///
    /// Until it is whole it stands in the ledger of that run, which removes what a making
    /// that was ended has left. From then on a cluster of the workspace is borrowed by runs,
    /// and stays for the next.
    pub(super) fn ensure(&self, cluster: &Cluster, ledger: &Ledger) -> anyhow::Result<()> {
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
    fn lock(&self) -> anyhow::Result<FileLock> {
        let path = self.folder.with_extension("lock");
        FileLock::take(&path, CREATION, &Interrupt::default(), || {})
    }

    /// Deletes it, with all that is in it; one that is not there is no error.
    pub(super) fn delete(&self) -> anyhow::Result<()> {
        let kubeconfig = self.kubeconfig();
        let arguments = ["delete", "cluster", "--kubeconfig", kubeconfig.as_str()];
        self.succeed(self.tool(&self.arguments(&arguments), DELETION))?;
        remove(&self.folder)
    }

    /// It, as it stands in the ledger.
    pub(super) fn resource(&self) -> anyhow::Result<BackendResource> {
        Ok(BackendResource::new(CLUSTER, &self.name, serde_json::to_value(self)?))
    }

    /// The names of its nodes, which are containers of the provider's.
    pub(super) fn nodes(&self) -> anyhow::Result<Vec<String>> {
        let listed = self.succeed(self.tool(&self.arguments(&["get", "nodes"]), ANSWER))?;
        let nodes: Vec<String> = listed.split_whitespace().map(str::to_owned).collect();
        ensure!(!nodes.is_empty(), "the cluster {} has no nodes", self.name);
        Ok(nodes)
    }

    /// What calls a program of a node.
    pub(super) fn on_node(&self, node: &str) -> anyhow::Result<Vec<String>> {
        let engine = find_program(&self.provider)
            .with_context(|| format!("there is no `{}` on PATH any more", self.provider))?;
        Ok([engine.as_str(), "exec", node].map(str::to_owned).into())
    }

    /// Sends an archive to all of its nodes.
    pub(super) fn load(&self, archive: &str, ledger: &Ledger) -> anyhow::Result<()> {
        self.work_within(SENDING, &["load", "image-archive", archive], ledger)
    }

    /// Whether it is there, whole or not.
    pub(super) fn exists(&self) -> anyhow::Result<bool> {
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

/// Deletes clusters that no run uses: one of a run's own in any case, the one that runs
/// share if that is asked for.
pub(super) fn sweep(sweep: &Sweep) -> anyhow::Result<Vec<SweptObject>> {
    let (runs, clusters) = (sweep.folder.join("runs"), sweep.folder.join("clusters"));
    let used = names(&runs).filter_map(|run| match read_cluster(&runs.join(run))?.delivery {
        Delivery::Nodes(kind) => Some(kind.name),
        _ => None,
    });
    let used: BTreeSet<String> = used.collect();
    let mut swept = Vec::new();
    for name in names(&clusters).filter(|name| !name.ends_with(".lock")) {
        let run = name.strip_prefix(PREFIX).and_then(|run| RunId::parse(run).ok());
        let verdict = if used.contains(&name) {
            Verdict::Left("a run uses it".to_owned())
        } else if run.is_none() && !sweep.clusters {
            Verdict::Left("runs share it; `cargo xtask gc --clusters` deletes it".to_owned())
        } else if sweep.dry_run {
            Verdict::Removed
        } else {
            let kind = KindCluster::named(&clusters.join(&name), run.is_some());
            let deleted = kind.and_then(|kind| {
                let _lock = kind.lock()?;
                kind.delete()
            });
            deleted
                .map_or_else(|error| Verdict::Failed(format!("{error:#}")), |()| Verdict::Removed)
        };
        swept.push(SweptObject { kind: CLUSTER, name, bytes: 0, verdict });
    }
    Ok(swept)
}

fn read_cluster(run: &Utf8Path) -> Option<Cluster> {
    Cluster::of(&RunFolder::at(run).ok()?).ok()?
}

/// The program.
pub(super) fn program() -> anyhow::Result<Utf8PathBuf> {
    find_program("kind")
        .ok_or_else(|| anyhow!("there is no `kind` on PATH"))
        .hint("https://kind.sigs.k8s.io/docs/user/quick-start tells how to install it")
}

/// Whose containers nodes are: the caller's choice, else the first engine that answers.
/// Pinned, because kind would choose anew at each call, and docker if it is only there.
pub(super) fn provider() -> anyhow::Result<String> {
    if let Ok(provider) = std::env::var(PROVIDER)
        && !provider.is_empty()
    {
        return Ok(provider);
    }
    let mut engines = ["docker", "podman"].into_iter();
    engines
        .find(|engine| answers(engine))
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("kind needs `docker` or `podman`, and neither answers"))
        .hint("`cargo xtask doctor` tells what they lack")
}

fn answers(engine: &str) -> bool {
    let Some(engine) = find_program(engine) else { return false };
    let mut command = Command::new(engine);
    command.arg("info");
    let tool = Tool::new(command, ANSWER).output(Output::Capture, Output::Capture);
    tool.finish(&Interrupt::default()).is_ok_and(|finished| finished.status.success())
}

/// Waits until a new cluster can run services that find each other.
fn wait_until_ready(cluster: &Cluster) -> anyhow::Result<()> {
    let limit = Duration::from_secs(100);
    let nodes = ["wait", "--for=condition=Ready", "nodes", "--all", READY];
    Kubectl::new(cluster, None).end(nodes, limit)?;
    let own = ["wait", "--for=condition=Available", "deployments", "--all", READY];
    Kubectl::new(cluster, Some("kube-system")).end(own, limit)
}

/// What kind says, without what it shows of its progress.
fn message(said: &str) -> String {
    let error = said.lines().map(str::trim).find(|line| line.starts_with("ERROR: "));
    let last = || said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let message = error.or_else(last).unwrap_or_default();
    printable(message.trim_start_matches("ERROR: "), SAID)
}

fn hint(said: &str, provider: &str) -> Option<String> {
    let said = said.to_lowercase();
    let has = |words: &str| said.contains(words);
    if has("cannot connect to the docker daemon") || has("permission denied") && has("sock") {
        return Some(format!("`cargo xtask doctor` tells what `{provider}` lacks"));
    }
    if has("failed to pull image") || has("manifest unknown") || has("no such host") {
        return Some(format!(
            "`kind` needs the image of its nodes once; {NODE_IMAGE} names one that is there"
        ));
    }
    if has("cgroup") {
        return Some("see https://kind.sigs.k8s.io/docs/user/rootless".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_without_the_progress_before_it() {
        let said = "Creating cluster \"onetag-1\" ...\n \u{2717} Ensuring node image\n\
                    ERROR: failed to create cluster: failed to pull image \"kindest/node:v1\": \
                    command \"docker pull\" failed with error: exit status 1\n\n\
                    Command Output: no such host\n";
        assert!(message(said).starts_with("failed to create cluster: failed to pull image"));
        assert!(hint(said, "docker").unwrap().contains(NODE_IMAGE));
        assert_eq!(message("no clusters"), "no clusters");
    }
}
