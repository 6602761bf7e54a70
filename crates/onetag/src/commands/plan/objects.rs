//! The objects that a run in a cluster would apply, as YAML.

use anyhow::anyhow;

use super::Wanted;
use crate::backend::{BackendKind, Preview};
use crate::context::Context;
use crate::database::ServerUrl;
use crate::error::{Attach as _, Kind};

/// All documents of the runs, step by step.
///
/// # Errors
///
/// The backend is no cluster, or an object cannot be made.
pub(super) fn objects(
    context: &Context,
    wanted: &Wanted<'_>,
    server: Option<&ServerUrl>,
) -> anyhow::Result<String> {
    let kind = wanted.backend;
    if kind.backend().cluster.is_none() {
        let clusters = BackendKind::all().filter(|kind| kind.backend().cluster.is_some());
        let clusters: Vec<String> =
            clusters.map(|kind| format!("`--on {}`", kind.name())).collect();
        let error = anyhow!("`--format yaml` shows objects, and `{}` has none", kind.name());
        return Err(error.kind(Kind::Usage).hint(clusters.join(" or ")));
    }
    let mut text = String::new();
    for job in wanted.jobs {
        let preview = Preview {
            kind,
            layout: context.layout(),
            plan: &job.plan,
            cluster: wanted.cluster,
            settings: &context.workspace.kube,
            server,
        };
        for (step, objects) in preview.steps()? {
            text.push_str(&format!("# {}, {step}\n", job.suite.name));
            for object in objects {
                text.push_str("---\n");
                text.push_str(&yaml_serde::to_string(&object)?);
            }
        }
    }
    Ok(text)
}
