//! The bytes and digests of an image.
//!
//! An image is written straight from the binary that cargo built: no
//! Containerfile, no daemon. It has two layers: the [closure], which is what
//! the binary needs around it, and the binary itself with the [files] of its
//! package. All bytes are reproducible, so the same binary and files on the same
//! machine have the same digests, and they can be computed as a stream without
//! writing anything: [`Contents`]. Where a store wants the image,
//! [`write_archive`] writes exactly those bytes.
//!
//! The tag of a run appears only in the archive's `index.json` and `manifest.json`.
//! Neither is covered by [`Digests`], so a new tag changes no digest.
//!
//! This crate starts no program: the caller passes a function that runs the loader
//! of a program ([`RunLoader`]). So it does not depend on `onetag`, and compiles at
//! the same time as the dependencies of `onetag`.
//!
//! Formats: [OCI image 1.1](https://github.com/opencontainers/image-spec/tree/v1.1.0),
//! the [docker archive](https://github.com/moby/moby/blob/v27.0.0/image/spec/v1.2.md),
//! and POSIX.1-1988 `ustar`.

pub mod archive;
pub mod closure;
pub mod contents;
pub mod digest;
mod error;
pub mod files;
pub mod identity;
pub mod layer;
mod loader;
pub mod manifest;
pub mod program;
mod tarball;
#[cfg(test)]
mod tests;

pub use archive::{ImageName, write_archive};
pub use contents::{Contents, Digests};
pub use digest::Digest;
pub use error::HintedError;
pub use files::{Files, LARGE_FILES};
pub use identity::FileIdentity;
pub use program::RunLoader;
