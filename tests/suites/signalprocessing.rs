//! End-to-end suite of `signalprocessing`, seen by a client and the audit trail.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "signalprocessing/alone.rs"]
mod alone;
#[path = "signalprocessing/classification.rs"]
mod classification;
#[path = "signalprocessing/edge.rs"]
mod edge;
#[path = "signalprocessing/enrichment.rs"]
mod enrichment;
#[path = "signalprocessing/support.rs"]
mod support;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
