//! End-to-end suite of `holmesgpt-api`, seen by a client and the audit trail. Catalog
//! and trail are the real DataStorage; the model is the deterministic one.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "holmesgpt-api/alone.rs"]
mod alone;
#[path = "holmesgpt-api/edge.rs"]
mod edge;
#[path = "holmesgpt-api/incident.rs"]
mod incident;
#[path = "holmesgpt-api/recovery.rs"]
mod recovery;
#[path = "holmesgpt-api/support.rs"]
mod support;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
