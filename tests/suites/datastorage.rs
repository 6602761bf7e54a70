//! End-to-end suite of `datastorage`, as a client sees it over HTTP.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "datastorage/alone/mod.rs"]
mod alone;
#[path = "datastorage/batch.rs"]
mod batch;
#[path = "datastorage/catalog.rs"]
mod catalog;
#[path = "datastorage/edge.rs"]
mod edge;
#[path = "datastorage/events.rs"]
mod events;
#[path = "datastorage/pages.rs"]
mod pages;
#[path = "datastorage/query.rs"]
mod query;
#[path = "datastorage/support.rs"]
mod support;
#[path = "datastorage/together.rs"]
mod together;
#[path = "datastorage/violations.rs"]
mod violations;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
