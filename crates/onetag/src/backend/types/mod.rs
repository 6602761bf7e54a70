//! What the two halves of a backend and the rest of the harness tell each other.

mod image;
mod instance;
mod service;
mod sweep;

pub use image::{Expected, ExternalImage, ImageBuild, StoredImage};
pub use instance::{Instance, Probe, Replica, Seen, State, Stop};
pub use service::{Endpoint, Prepared, ServiceAddresses, ServicePorts, ServiceSpec};
pub use sweep::{Sweep, SweptObject, Verdict};
