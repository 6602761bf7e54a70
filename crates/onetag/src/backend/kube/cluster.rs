//! Which cluster a run uses: what the caller named, kept for all commands on that run.

use std::process::Command;

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::images::Containerd;
use super::kind::KindCluster;
use super::kubectl::Kubectl;
use crate::backend::ImageRoute;
use crate::error::{Attach as _, Kind};
use crate::run::{Layout, RunFolder, read_json, write_json};
use crate::system::find_program;
use crate::workspace::{ClusterSettings, Registry};

/// The variable that names the files in which kubectl looks for contexts.
pub(super) const KUBECONFIG: &str = "KUBECONFIG";

/// A cluster: one that whoever calls has named, or one of kind's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Cluster {
    pub(super) kubectl: Utf8PathBuf,
    /// The files with its context, as `KUBECONFIG` lists them.
    pub(super) kubeconfig: String,
    pub(super) context: String,
    pub(super) delivery: Delivery,
    pub(super) settings: ClusterSettings,
}

/// How images get to its nodes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Delivery {
    /// Nodes pull them from this registry.
    Registry(Registry),
    /// The containerd of the only node, at this socket, imports them.
    Containerd(Utf8PathBuf),
    /// kind sends them to the nodes of this cluster, which the harness makes.
    Nodes(KindCluster),
}

impl Cluster {
    /// The cluster of a context of the caller's.
    ///
    /// # Errors
    ///
    /// There is no kubectl, or no such context.
    pub(crate) fn find(
        context: &str,
        route: ImageRoute,
        settings: &ClusterSettings,
    ) -> anyhow::Result<Cluster> {
        let kubectl = kubectl()?;
        let kubeconfig = kubeconfig()?;
        let (context, settings) = (context.to_owned(), settings.clone());
        let delivery = match route {
            ImageRoute::Registry(registry) => Delivery::Registry(registry),
            ImageRoute::Containerd(socket) => Delivery::Containerd(socket),
        };
        let cluster = Cluster { kubectl, kubeconfig, context, delivery, settings };
        Kubectl::new(&cluster, None)
            .ask(["config", "get-contexts", &cluster.context, "--output", "name"])
            .with_context(|| format!("there is no context `{}`", cluster.context))
            .kind(Kind::Usage)?;
        Ok(cluster)
    }

    /// The cluster of kind that the runs of a workspace share; it need not be there yet. A
    /// fresh one is each run's own, see [`Cluster::keep`].
    ///
    /// # Errors
    ///
    /// There is no kind, no kubectl, or no engine for its nodes.
    pub(crate) fn of_kind(
        target_directory: &Utf8Path,
        is_fresh: bool,
        settings: &ClusterSettings,
    ) -> anyhow::Result<Cluster> {
        let kind = KindCluster::find(&Layout::below(target_directory), is_fresh)?;
        Ok(Cluster::made(kubectl()?, kind, settings.clone()))
    }

    fn made(kubectl: Utf8PathBuf, kind: KindCluster, settings: ClusterSettings) -> Cluster {
        let (kubeconfig, context) = (kind.kubeconfig().into_string(), kind.context());
        Cluster { kubectl, kubeconfig, context, delivery: Delivery::Nodes(kind), settings }
    }

    /// The registry that has the images of its runs.
    pub(crate) fn registry(&self) -> Option<&Registry> {
        match &self.delivery {
            Delivery::Registry(registry) => Some(registry),
            Delivery::Containerd(_) | Delivery::Nodes(_) => None,
        }
    }

    /// kubectl and `ctr` as somebody calls them who uses it by hand; none where it is not
    /// the containerd of one node that gets images.
    pub(crate) fn commands(&self) -> anyhow::Result<Option<(Command, Command)>> {
        let Delivery::Containerd(_) = &self.delivery else { return Ok(None) };
        let nodes = Containerd::all(&self.delivery)?;
        let kubectl = Kubectl::new(self, None).command([]);
        Ok(nodes.first().map(|node| (kubectl, node.command())))
    }

    /// Keeps it for a run.
    pub(crate) fn keep(&self, folder: &RunFolder) -> anyhow::Result<()> {
        let Cluster { kubectl, settings, .. } = self.clone();
        match &self.delivery {
            Delivery::Nodes(kind) if kind.is_fresh => {
                let own = kind.of_run(folder.run_id());
                write_json(&folder.cluster(), &Cluster::made(kubectl, own, settings))
            }
            _ => write_json(&folder.cluster(), self),
        }
    }

    /// The cluster of a run; none if it never came to that.
    pub(crate) fn of(folder: &RunFolder) -> anyhow::Result<Option<Cluster>> {
        folder.cluster().exists().then(|| read_json(&folder.cluster())).transpose()
    }
}

/// The program.
pub(super) fn kubectl() -> anyhow::Result<Utf8PathBuf> {
    find_program("kubectl")
        .ok_or_else(|| anyhow!("there is no `kubectl` on PATH"))
        .hint("https://kubernetes.io/docs/tasks/tools tells how to install it")
}

/// The files in which the caller has kubectl look for contexts.
pub(super) fn kubeconfig() -> anyhow::Result<String> {
    if let Ok(files) = std::env::var(KUBECONFIG)
        && !files.is_empty()
    {
        // Commands on the run may be called elsewhere.
        let folder = std::env::current_dir().context("cannot tell the current folder")?;
        let absolute = std::env::split_paths(&files).map(|file| folder.join(file));
        let joined = std::env::join_paths(absolute)?.into_string();
        return joined.map_err(|_| anyhow!("{KUBECONFIG} is not UTF-8"));
    }
    let home = std::env::var("HOME").context("neither KUBECONFIG nor HOME is set")?;
    Ok(format!("{home}/.kube/config"))
}
