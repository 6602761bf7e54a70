//! A phase cannot be skipped: what is deployed was loaded.

use std::time::Duration;

use onetag::backend::{ReadyWait, RunBackend};
use onetag::phase::{Built, Image, Loaded};
use onetag::system::signals::Interrupt;
use onetag::workspace::PlannedService;

fn deploy<'run>(backend: &RunBackend<'run>, built: Image<'run, Built>, planned: &PlannedService) {
    let level = vec![(built, planned)];
    let interrupt = Interrupt::default();
    let waiting = ReadyWait::new(Duration::from_secs(60), "a limit", &interrupt);
    let _ = Image::<Loaded>::deploy(level, backend, &waiting);
}

fn main() {}
