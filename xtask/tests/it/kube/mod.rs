//! The backend `kube`.
//!
//! `fake` has a cluster in a folder, which runs the programs of images as processes of this
//! machine; `faults` is what real ones will not do on demand, `real` what only they do.

mod access;
mod fake;
mod faults;
mod kind;
mod real;
mod whole;
