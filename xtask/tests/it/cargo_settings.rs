//! Cargo as people configure it.

mod features;
mod folders;
mod names;
mod nextest;
mod rustc;
