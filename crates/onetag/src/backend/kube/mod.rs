//! The backends `kube` and `kind`: services are workloads in a namespace of a cluster.
//!
//! `cluster` says which cluster that is, `kind` makes one where none is named, and
//! `kubectl` is the only way to its API. `objects` are what it gets, `pods` and `state` what
//! becomes of that. Tests reach pods through `forward`, at ports that the keeper leases as
//! on `process`.

mod cluster;
mod doctor;
mod forward;
mod images;
mod kind;
mod kubectl;
mod logs;
mod nodes;
mod objects;
mod pod;
mod pods;
mod preview;
mod refusal;
mod remains;
mod resource;
mod runtime;
mod start;
mod started;
mod state;
mod stop;
mod stream;
mod sweep;
mod witness;

use std::time::Duration;

use crate::backend::{Backend, ClusterForm, ExternalForm};
use crate::run::RunId;
use crate::workspace::DatabaseKind;
use images::KubeImages;
use runtime::KubeRuntime;

pub(crate) use cluster::Cluster;
pub(crate) use preview::Preview;

/// The backend on which services run in a cluster that the caller names.
pub(super) const KUBE: Backend = Backend {
    name: "kube",
    variables: &["LANG", "LC_ALL", "RUST_BACKTRACE", "RUST_LOG", "TZ"],
    step_limit: Duration::from_secs(120),
    grace: GRACE,
    externals: ExternalForm::Image,
    builds_images: false,
    cluster: Some(ClusterForm::Named),
    databases: &[DatabaseKind::Postgres, DatabaseKind::Sqlite],
    images: |folder| Box::new(KubeImages { folder: folder.clone() }),
    runtime: |folder| Box::new(KubeRuntime::new(folder)),
    sweep: sweep::of_named,
    doctor: doctor::doctor,
};

/// The backend on which services run in a cluster of kind's that the harness makes.
pub(super) const KIND: Backend = Backend {
    name: "kind",
    // The first run makes the cluster, and waits for another one that does.
    step_limit: Duration::from_secs(600),
    cluster: Some(ClusterForm::Made),
    sweep: sweep::of_kind,
    doctor: doctor::doctor_of_kind,
    ..KUBE
};

/// Labels of everything that a run has in a cluster.
const LABEL_RUN: &str = "onetag.run";
const LABEL_CONSUMER: &str = "onetag.consumer";
/// The first digits of the digest of the target folder, whose path no label can hold.
const LABEL_TARGET: &str = "onetag.target";
/// The annotation with that path.
const ANNOTATION_TARGET: &str = "onetag.target-folder";
/// A label of all that is of one service, and of its pods.
const LABEL_SERVICE: &str = "onetag.service";
/// An annotation of pods that a package describes: the image of the service itself, beside
/// which others may run.
const ANNOTATION_IMAGE: &str = "onetag.image";
/// A label of pods: the generation of the run in which they were deployed.
const LABEL_GENERATION: &str = "onetag.generation";

/// Who owns the fields that are applied.
const FIELD_MANAGER: &str = "onetag";

/// How long a service may take to stop before it is killed; as on `process`.
const GRACE: Duration = Duration::from_secs(25);

fn namespace_name(run_id: RunId) -> String {
    format!("onetag-{run_id}")
}
