//! Which cluster a run uses, and how its images get there: what the caller asks for, and
//! what comes of it.

use anyhow::anyhow;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::kube::Cluster;
use super::{BackendKind, ClusterForm};
use crate::error::{Attach as _, Kind};
use crate::workspace::{Registry, Workspace};

/// What the caller asks for; of a run, what it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct ClusterChoice {
    /// The context of the caller's configuration that names the cluster.
    pub(crate) context: Option<String>,
    /// How images get there, where the harness does not know by itself.
    pub(crate) images: Option<ImageRoute>,
    /// Whether the run has a cluster of its own.
    pub(crate) is_fresh: bool,
}

/// How images get to the nodes of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ImageRoute {
    /// They are pushed to a registry.
    Registry(Registry),
    /// They are imported into the containerd of the one node, which has this socket.
    Containerd(Utf8PathBuf),
}

impl ClusterChoice {
    /// What a new run on a backend uses: what is asked for, and else what the workspace
    /// says.
    ///
    /// # Errors
    ///
    /// Something is asked for that the backend has no use for, or is missing.
    pub(crate) fn resolve(
        &self,
        backend: BackendKind,
        workspace: &Workspace,
    ) -> anyhow::Result<ClusterChoice> {
        let form = backend.backend().cluster;
        for (option, form_of_option, _) in self.options() {
            if form == Some(form_of_option) {
                continue;
            }
            let fitting = BackendKind::all()
                .filter(|kind| kind.backend().cluster == Some(form_of_option))
                .map(|kind| format!("`--on {}`", kind.name()));
            let fitting: Vec<String> = fitting.collect();
            let error = anyhow!("`{option}` is nothing for the backend `{}`", backend.name());
            let error = error.kind(Kind::Usage);
            return Err(match fitting.is_empty() {
                true => error,
                false => error.hint(format!("it is for {}", fitting.join(" and "))),
            });
        }
        let mut choice = self.clone();
        if form == Some(ClusterForm::Named) {
            let name = backend.name();
            if choice.context.is_none() {
                return Err(anyhow!("`--on {name}` needs `--context <NAME>`")
                    .kind(Kind::Usage)
                    .hint("`kubectl config get-contexts` lists them; none is used unnamed"));
            }
            choice.images =
                choice.images.or_else(|| workspace.registry.clone().map(ImageRoute::Registry));
            if choice.images.is_none() {
                return Err(anyhow!("nothing says how images get into the cluster")
                    .kind(Kind::Usage)
                    .hint(format!(
                        "`--registry <HOST/PATH>`, or `registry = \"…\"` in \
                         [workspace.metadata.onetag] of {}; or `--containerd <SOCKET>` for a \
                         cluster of one node, this machine",
                        workspace.root.join("Cargo.toml")
                    )));
            }
        }
        Ok(choice)
    }

    /// The cluster that a new run on a backend uses; none if the backend has no use for one.
    ///
    /// # Errors
    ///
    /// There is no such context, or not what makes a cluster.
    pub(crate) fn find(
        &self,
        backend: BackendKind,
        workspace: &Workspace,
    ) -> anyhow::Result<Option<Cluster>> {
        match (backend.backend().cluster, &self.context, &self.images) {
            (Some(ClusterForm::Made), ..) => {
                let target = &workspace.target_directory;
                Cluster::of_kind(target, self.is_fresh, &workspace.kube).map(Some)
            }
            (Some(ClusterForm::Named), Some(context), Some(route)) => {
                Cluster::find(context, route.clone(), &workspace.kube).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What a kept run that uses this does not do of what is asked for, as the rest of a
    /// sentence.
    pub(crate) fn contradiction(&self, asked: &ClusterChoice) -> Option<String> {
        let of_run = self.options();
        let mut asked = asked.options().into_iter();
        let (option, _, value) = asked.find(|option| !of_run.contains(option))?;
        Some(match value {
            Some(value) => format!("does not have `{option} {value}`"),
            None => format!("does not have `{option}`"),
        })
    }

    pub(crate) fn registry(&self) -> Option<&Registry> {
        match &self.images {
            Some(ImageRoute::Registry(registry)) => Some(registry),
            _ => None,
        }
    }

    /// The options that ask for this: their names, what they are for, and their values.
    pub(crate) fn options(&self) -> Vec<(&'static str, ClusterForm, Option<String>)> {
        let named = |option, value| (option, ClusterForm::Named, Some(value));
        let context = self.context.clone().map(|context| named("--context", context));
        let images = self.images.as_ref().map(|images| match images {
            ImageRoute::Registry(registry) => named("--registry", registry.to_string()),
            ImageRoute::Containerd(socket) => named("--containerd", socket.to_string()),
        });
        let fresh = self.is_fresh.then_some(("--fresh-cluster", ClusterForm::Made, None));
        context.into_iter().chain(images).chain(fresh).collect()
    }
}

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
