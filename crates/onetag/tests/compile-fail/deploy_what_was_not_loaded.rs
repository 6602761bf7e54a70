//! A phase cannot be skipped: what is deployed was loaded.

use std::time::Duration;

use onetag::backend::Process;
use onetag::phase::{Built, Image};
use onetag::system::signals::Interrupt;
use onetag::workspace::PlannedService;

fn deploy<'run>(process: &Process<'run>, built: Image<'run, Built>, planned: &PlannedService) {
    let _ = built.deploy(process, planned, Duration::from_secs(60), &Interrupt::default());
}

fn main() {}
