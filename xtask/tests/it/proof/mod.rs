//! What a green run proves: for each promise of the design, inputs that break it.

mod bytes;
mod features;
mod place;
mod skips;
mod something_tested;
mod sources;
mod targets;
