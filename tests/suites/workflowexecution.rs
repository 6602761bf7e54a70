//! End-to-end suite of `workflowexecution`, seen by a client, what its steps reach
//! and the audit trail.
//!
//! The catalog is that of the real DataStorage; `sink` plays what steps reach.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "workflowexecution/alone.rs"]
mod alone;
#[path = "workflowexecution/edge.rs"]
mod edge;
#[path = "workflowexecution/steps.rs"]
mod steps;
#[path = "workflowexecution/support.rs"]
mod support;
#[path = "workflowexecution/waiting.rs"]
mod waiting;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
