//! End-to-end suite of `notification`, seen by a client, a receiver and the
//! audit trail.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "notification/alone.rs"]
mod alone;
#[path = "notification/channels.rs"]
mod channels;
#[path = "notification/edge.rs"]
mod edge;
#[path = "notification/identity.rs"]
mod identity;
#[path = "notification/retry.rs"]
mod retry;
#[path = "notification/routing.rs"]
mod routing;
#[path = "notification/secrets.rs"]
mod secrets;
#[path = "notification/slack.rs"]
mod slack;
#[path = "notification/support.rs"]
mod support;
#[path = "notification/together.rs"]
mod together;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
