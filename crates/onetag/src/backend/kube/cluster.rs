//! Which cluster a run uses: what the caller named, kept for all commands on that run.

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::kubectl::Kubectl;
use crate::backend::ImageRoute;
use crate::error::{Attach as _, Kind};
use crate::run::{RunFolder, read_json, write_json};
use crate::system::find_program;
use crate::workspace::{ClusterSettings, Registry};

/// The variable that names the files in which kubectl looks for contexts.
pub(super) const KUBECONFIG: &str = "KUBECONFIG";

/// A cluster, as whoever calls has named it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Cluster {
    pub(super) kubectl: Utf8PathBuf,
    /// The files with its context, as `KUBECONFIG` lists them.
    pub(super) kubeconfig: String,
    pub(super) context: String,
    pub(super) route: ImageRoute,
    pub(super) settings: ClusterSettings,
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
        let cluster = Cluster { kubectl, kubeconfig, context, route, settings };
        Kubectl::new(&cluster, None)
            .ask(["config", "get-contexts", &cluster.context, "--output", "name"])
            .with_context(|| format!("there is no context `{}`", cluster.context))
            .kind(Kind::Usage)?;
        Ok(cluster)
    }

    /// The registry that has the images of its runs.
    pub(crate) fn registry(&self) -> Option<&Registry> {
        match &self.route {
            ImageRoute::Registry(registry) => Some(registry),
            ImageRoute::Containerd(_) => None,
        }
    }

    /// Keeps it for a run.
    pub(crate) fn keep(&self, folder: &RunFolder) -> anyhow::Result<()> {
        write_json(&folder.cluster(), self)
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
