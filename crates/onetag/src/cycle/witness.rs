//! The witness: what runs is what was built.

use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::backend::{Expected, RunBackend};
use crate::build::image::{Digest, Digests};
use crate::error::Attach as _;
use crate::phase::{Image, Running};
use crate::run::{Run, RunId, write_json};

/// `witness.json` of a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Witness {
    pub(crate) run_id: RunId,
    pub(crate) replicas: Vec<Evidence>,
}

/// What was seen of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Evidence {
    pub(crate) service: String,
    pub(crate) replica: String,
    pub(crate) reference: String,
    /// The digests of which one has to be seen: image stores report one or another.
    pub(crate) expected: Expected,
    pub(crate) seen: Digest,
    /// The path of the program that was seen, where it is not the one that was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) program: Option<String>,
    /// Where it was seen.
    pub(crate) location: String,
    /// RFC 3339.
    pub(crate) checked_at: String,
}

/// Phase 5: looks at every replica, writes down what it saw, and refuses what
/// was not built by this run.
///
/// # Errors
///
/// When a replica runs other bytes, or is gone, or a service has none.
pub(super) fn witness<'run>(
    run: &Run<'run>,
    backend: &RunBackend<'run>,
    images: &[Image<'run, Running>],
) -> anyhow::Result<()> {
    let mut replicas = Vec::new();
    let seen = Image::<Running>::witness(images, backend)?;
    for (image, all_seen) in images.iter().zip(seen) {
        let service = image.reference().service();
        if all_seen.is_empty() {
            bail!("service `{service}` has no replica to look at");
        }
        replicas.extend(all_seen.into_iter().map(|seen| Evidence {
            service: service.to_owned(),
            replica: seen.replica.name,
            reference: image.reference().to_string(),
            expected: image.digests(),
            seen: seen.digest,
            program: seen.program,
            location: seen.replica.location,
            checked_at: humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
        }));
    }
    let folder = run.folder();
    let witness = Witness { run_id: folder.run_id(), replicas };
    write_json(&folder.witness(), &witness)?;
    witness.verdict().context("the witness refuses this run")
}

impl Witness {
    fn verdict(&self) -> anyhow::Result<()> {
        let is_other = |evidence: &&Evidence| !evidence.expected.contains(&evidence.seen);
        let Some(evidence) = self.replicas.iter().find(is_other) else { return Ok(()) };
        let Evidence { service, replica, seen, program, reference, expected, .. } = evidence;
        let seen = match program {
            Some(program) => format!("{program}, {seen}"),
            None => seen.to_string(),
        };
        let error = match expected {
            Expected::OneOf(Digests { executable, config, manifest }) => anyhow!(
                "`{replica}` runs {seen}, which is none of the digests of {reference}: \
                 executable {executable}, config {config}, manifest {manifest}"
            ),
            Expected::Image { image } => {
                anyhow!("`{replica}` runs {seen}, and not {reference} as it was built: {image}")
            }
            Expected::Pinned { pinned } => anyhow!(
                "`{replica}` runs {seen}, and not {reference} as it was when the run began: {pinned}"
            ),
        };
        Err(match (program, expected) {
            (Some(_), Expected::OneOf(_)) => error.hint(format!(
                "`{service}` has to stay the program that was built, and not to execute another one"
            )),
            (Some(program), Expected::Pinned { .. }) => {
                error.hint(format!("name {program} as `program`, and not one that executes it"))
            }
            (None, Expected::OneOf(_)) => error.hint(
                "something replaced the executable after it was built; run the command again",
            ),
            (_, Expected::Image { .. }) | (None, Expected::Pinned { .. }) => {
                error.hint(format!("something replaced {reference}; run the command again"))
            }
        })
    }
}
