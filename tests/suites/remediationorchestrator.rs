//! End-to-end suite of `remediationorchestrator`, seen by the gateway, by people, and by
//! the audit trail.
//!
//! The services that do the work are the real ones: what one of them answers to the
//! other is what is tested here, and they are fast enough. Tests decide what happens
//! by what they put into the inventory and the catalog. `sink` plays what workflows
//! reach, and the people who are told. All tests have namespaces, environments and
//! signals of their own.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "remediationorchestrator/alone.rs"]
mod alone;
#[path = "remediationorchestrator/approval.rs"]
mod approval;
#[path = "remediationorchestrator/edge.rs"]
mod edge;
#[path = "remediationorchestrator/outcome.rs"]
mod outcome;
#[path = "remediationorchestrator/routing.rs"]
mod routing;
#[path = "remediationorchestrator/support.rs"]
mod support;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
