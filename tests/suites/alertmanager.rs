//! End-to-end suite of Alertmanager and `gateway`: the real program of Prometheus, as
//! its users configure it, posts to the gateway.
//!
//! `sink` plays the orchestrator. The suite's metadata has Alertmanager wait for
//! moments where users have it wait for minutes.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "alertmanager/alerts.rs"]
mod alerts;
#[path = "gateway/orchestrator.rs"]
mod orchestrator;
#[path = "alertmanager/support.rs"]
mod support;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
