//! The topology of a workspace: which services there are, what each of them
//! needs, and which suites test them.
//!
//! All of it comes from `cargo metadata`, asked once, and from the tables
//! `[package.metadata.onetag]` and `[workspace.metadata.onetag]`. The harness
//! knows no service and no suite by name. Everything is validated here, before
//! anything is made: what [`read()`] returns has no unknown key, no unknown
//! service, no circle and no placeholder without a source.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! # let json = Vec::new();
//! // `json` is what `cargo metadata --format-version 1 --no-deps` printed.
//! let workspace = onetag_workspace::read(&json)?;
//! let plan = workspace.plan(workspace.suite("messenger")?)?;
//! for level in &plan.levels {
//!     // All services of one level can be started at the same time.
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is run here: that is left to the crate `onetag`, which needs this one.
//! So this crate compiles beside what `onetag` has to wait for.

mod read;
mod topology;

mod plan;
mod test_target;

mod filterset;
mod placeholder;

mod error;
mod target_directory;

mod assemble;
mod binary;
mod cargo;
mod graph;
mod metadata;
mod order;
mod source;
pub mod suggest;
mod validate;

#[cfg(test)]
mod testing;

pub use error::Problem;
pub use filterset::{Filterset, FiltersetError, Selection};
pub use metadata::StoreKind;
pub use placeholder::{Placeholder, ServiceField, Template, TemplateError, Values, resolve};
pub use plan::{Plan, PlannedService};
pub use read::{Location, locate, read};
pub use target_directory::validate_target_directory;
pub use test_target::{TargetKind, TestTarget};
pub use topology::{Service, Suite, Workspace};
