//! The witness: what runs is what was built.

use serde::{Deserialize, Serialize};
use std::time::SystemTime;

use anyhow::{Context as _, bail};

use crate::backend::Process;
use crate::build::image::{Digest, Digests};
use crate::phase::{Image, Running};
use crate::run::{RunFolder, RunId, write_json};

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
    /// The digests of which one has to be seen: stores report one or another.
    pub(crate) expected: Digests,
    pub(crate) seen: Digest,
    /// Where it was seen.
    pub(crate) location: String,
    /// RFC 3339.
    pub(crate) checked_at: String,
}

/// Phase 5: looks at every replica, writes down what it saw, and refuses what
/// was not built by this run.
///
/// Errors: a replica runs other bytes, or is gone.
pub(crate) fn witness<'run>(
    folder: &RunFolder,
    images: &[Image<'run, Running>],
) -> anyhow::Result<Witness> {
    let mut replicas = Vec::new();
    for image in images {
        for replica in image.replicas() {
            let (seen, location) = Process::<'run>::digest_of(image, replica)?;
            replicas.push(Evidence {
                service: image.reference().service().to_owned(),
                replica: replica.name.clone(),
                reference: image.reference().to_string(),
                expected: *image.digests(),
                seen,
                location,
                checked_at: humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
            });
        }
    }
    let witness = Witness { run_id: folder.run_id(), replicas };
    write_json(&folder.witness(), &witness)?;
    witness.verdict().context("the witness refuses this run")?;
    Ok(witness)
}

impl Witness {
    fn verdict(&self) -> anyhow::Result<()> {
        for evidence in &self.replicas {
            if !evidence.expected.contains(&evidence.seen) {
                bail!(
                    "`{}` runs {}, which is none of the digests of {}: \
                     executable {}, config {}, manifest {}\n\
                     hint: something replaced the executable after it was built; run the command again",
                    evidence.replica,
                    evidence.seen,
                    evidence.reference,
                    evidence.expected.executable,
                    evidence.expected.config,
                    evidence.expected.manifest,
                );
            }
        }
        Ok(())
    }
}
