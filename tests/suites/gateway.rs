//! End-to-end suite of `gateway`, seen by Alertmanager and the audit trail.
//!
//! `sink` plays the orchestrator: a test programs what it answers to the requests for
//! its own signals. Answers of one test replace those of another, so tests that need
//! some run alone.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "gateway/alone.rs"]
mod alone;
#[path = "gateway/edge.rs"]
mod edge;
#[path = "gateway/orchestrator.rs"]
mod orchestrator;
#[path = "gateway/support.rs"]
mod support;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
