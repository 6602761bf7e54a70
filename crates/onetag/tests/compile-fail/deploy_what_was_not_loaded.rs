//! A phase cannot be skipped: what is deployed was loaded.

use std::time::Duration;

use onetag::backend::RunBackend;
use onetag::phase::{Built, Image, Loaded};
use onetag::system::signals::Interrupt;
use onetag::workspace::PlannedService;

fn deploy<'run>(backend: &RunBackend<'run>, built: Image<'run, Built>, planned: &PlannedService) {
    let level = vec![(built, planned)];
    let _ = Image::<Loaded>::deploy(level, backend, Duration::from_secs(60), &Interrupt::default());
}

fn main() {}
