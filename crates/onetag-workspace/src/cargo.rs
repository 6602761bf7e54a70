//! The part of `cargo metadata --format-version 1` that a topology needs.
//!
//! Own types instead of the crate `cargo_metadata`: it and the four crates that
//! nothing else in the harness needs took 7 of 118 s of compiler time in a cold
//! build of `xtask` on two busy cores, for the ten fields below. Their format is
//! stable: <https://doc.rust-lang.org/cargo/commands/cargo-metadata.html>.

use camino::Utf8PathBuf;
use onetag_json::{Value, record};

/// The document itself.
#[derive(Debug)]
pub(super) struct CargoMetadata {
    /// The members of the workspace, because of `--no-deps`.
    pub(super) packages: Vec<Package>,
    pub(super) workspace_root: Utf8PathBuf,
    pub(super) target_directory: Utf8PathBuf,
    /// `[workspace.metadata]`, null where there is none.
    pub(super) metadata: Value,
}
record!(read CargoMetadata {
    packages,
    workspace_root,
    target_directory,
    metadata or default,
});

/// A member of the workspace.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest_path: Utf8PathBuf,
    pub(super) targets: Vec<Target>,
    /// `[package.metadata]`, null where there is none.
    pub(super) metadata: Value,
}
record!(read Package { name, manifest_path, targets, metadata or default });

/// Something that cargo can build from a package.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: String,
    /// One of `bin`, `test`, `example`, `bench`, `custom-build`, or the crate
    /// types of a library.
    pub(super) kind: Vec<String>,
    /// Whether `cargo test` builds it as a test binary.
    pub(super) test: bool,
}
record!(read Target { name, kind, test });
