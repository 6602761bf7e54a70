//! The backends `podman` and `docker`.
//!
//! `faults` has an engine of its own, first on the path, which does what real ones
//! will not do on demand. `real` drives the engines of this machine; it is not part of
//! the default profile: `cargo nextest run -P engines`.

mod containerfile;
mod early;
mod fake;
mod faults;
mod postgres;
mod real;
mod registry;

pub(crate) use real::{clear, left};
