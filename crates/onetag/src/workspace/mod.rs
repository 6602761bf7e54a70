//! The topology of a workspace: which services there are, what each of them
//! needs, and which suites test them.
//!
//! All of it comes from `cargo metadata`, asked once, and from the tables
//! `[package.metadata.onetag]` and `[workspace.metadata.onetag]`. The harness
//! knows no service and no suite by name. Everything is validated here, before
//! anything is made: what [`load()`] returns has no unknown key, no unknown
//! service, no circle and no placeholder without a source.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! let workspace = onetag::workspace::load(".".into(), &Default::default())?;
//! let plan = workspace.plan(workspace.suite("messenger")?)?;
//! for level in &plan.levels {
//!     // All services of one level can be started at the same time.
//! }
//! # Ok(())
//! # }
//! ```

mod load;
mod topology;

mod plan;
mod test_target;

mod placeholder;

mod nextest_config;
mod target_directory;

mod assemble;
mod binary;
mod cluster;
mod containerfile;
mod database;
mod external;
mod graph;
mod memory;
mod metadata;
mod order;
mod pinned_image;
mod ready;
mod registry;
mod source;
pub(crate) mod suggest;
mod validate;

#[cfg(test)]
pub(crate) mod testing;

pub use cluster::ClusterSettings;
pub use containerfile::Containerfile;
pub(crate) use database::{DATABASE_SERVER, SUPERUSER, ServerImage, check_asked};
pub use external::External;
pub(crate) use external::image_variable;
pub(crate) use load::load_with_digest;
pub use load::{Location, load, locate};
pub use metadata::DatabaseKind;
pub use nextest_config::check_nextest_config;
pub(crate) use nextest_config::nextest_wanted;
pub use pinned_image::PinnedImage;
pub use placeholder::{Placeholder, ServiceField, Template, TemplateError, Values, resolve};
pub use plan::{Plan, PlannedService, Ports};
pub use registry::Registry;
pub use target_directory::validate_target_directory;
pub use test_target::TestTarget;
pub use topology::{Member, Program, Ready, Service, ServiceKind, Suite, Workspace};
