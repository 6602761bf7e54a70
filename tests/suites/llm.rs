//! End-to-end suite of `holmesgpt-api` with a language model behind an OpenAI-compatible
//! endpoint. Catalog and trail are the real DataStorage.
//!
//! `sink` plays the model, with answers in the forms that real servers give them.

use anyhow::Result;
use e2e::{Run, provenance};

#[path = "llm/alone.rs"]
mod alone;
#[path = "llm/completion.rs"]
mod completion;
#[path = "holmesgpt-api/support.rs"]
mod support;

#[test]
fn what_runs_is_what_this_run_built() -> Result<()> {
    provenance(&Run::of_process()?)
}
