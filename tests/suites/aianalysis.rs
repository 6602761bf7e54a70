//! End-to-end suite of `aianalysis`, seen by a client and the audit trail.
//! holmesgpt-api, the catalog and the trail are the real services; the model is the
//! deterministic one.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "aianalysis/alone.rs"]
mod alone;
#[path = "aianalysis/approval.rs"]
mod approval;
#[path = "aianalysis/edge.rs"]
mod edge;
#[path = "aianalysis/outcome.rs"]
mod outcome;
#[path = "aianalysis/support.rs"]
mod support;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
