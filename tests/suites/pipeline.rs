//! End-to-end suite of the whole pipeline: an alert in Alertmanager's own format goes
//! in, and a remedy, notifications and one complete trail come out.
//!
//! All services are real. `sink` is what workflows reach, and the receiver of all
//! notifications.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "pipeline/alone.rs"]
mod alone;
#[path = "pipeline/approval.rs"]
mod approval;
#[path = "pipeline/failure.rs"]
mod failure;
#[path = "pipeline/remedy.rs"]
mod remedy;
#[path = "pipeline/support.rs"]
mod support;
#[path = "pipeline/trail.rs"]
mod trail;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
