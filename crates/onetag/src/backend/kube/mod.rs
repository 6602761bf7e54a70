//! The backend `kube`: services are workloads in a namespace of a cluster.

mod objects;

use std::time::Duration;

/// Labels of everything that a run has in a cluster.
const LABEL_RUN: &str = "onetag.run";
const LABEL_CONSUMER: &str = "onetag.consumer";
/// The first digits of the digest of the target folder, whose path no label can hold.
const LABEL_TARGET: &str = "onetag.target";
/// The annotation with that path.
const ANNOTATION_TARGET: &str = "onetag.target-folder";
/// A label of all that is of one service, and of its pods.
const LABEL_SERVICE: &str = "onetag.service";
/// A label of pods: the generation of the run in which they were deployed.
const LABEL_GENERATION: &str = "onetag.generation";

/// Who owns the fields that are applied.
const FIELD_MANAGER: &str = "onetag";

/// How long a service may take to stop before it is killed; as on `process`.
const GRACE: Duration = Duration::from_secs(25);

/// Where the files of a service's configuration lie in its pods, and the one of its SQLite
/// database.
const CONFIG_FOLDER: &str = "/config";
const DATABASE_FOLDER: &str = "/database";
