//! Phase 6: nextest, with the build reused and the suite's filterset.

mod arguments;
mod files;
mod junit;
mod listed;
mod run;
mod select;
mod shortcut;
mod version;

pub(crate) use arguments::NextestArguments;
pub(crate) use run::{RunLost, run};
pub(crate) use select::Selection;
pub(crate) use shortcut::arguments as program_arguments;
pub(crate) use version::NextestVersion;

/// The profile of `.config/nextest.toml` that end-to-end suites run with.
pub(crate) const PROFILE: &str = "e2e";
