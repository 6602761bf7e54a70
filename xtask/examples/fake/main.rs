//! `cargo xtask` with a backend `fake` that the tests of the harness bring along: it
//! runs nothing, and fails, hangs or lies at whichever step they want.
//!
//! All of it lies in the folder that `FAKE_BACKEND` names: `faults`, which the tests
//! write, and `objects/`, what was made and is not removed yet.

mod runtime;
mod world;

use std::process::ExitCode;
use std::time::Duration;

use onetag::backend::{Backend, Check, ExternalForm};
use onetag::workspace::DatabaseKind;

use runtime::Fake;
use world::World;

static BACKENDS: [Backend; 1] = [Backend {
    name: "fake",
    variables: &[],
    // Every hang of the tests lasts as long.
    step_limit: Duration::from_secs(3),
    grace: Duration::from_millis(100),
    externals: ExternalForm::Image,
    builds_images: false,
    cluster: None,
    databases: &[DatabaseKind::Sqlite],
    images: |folder| Box::new(Fake::new(folder)),
    runtime: |folder| Box::new(Fake::new(folder)),
    sweep: |sweep| World::open().sweep(sweep),
    doctor: || match World::open().step("doctor") {
        Ok(_) => vec![Check::ok("world", "it is there").wanted("a folder")],
        Err(error) => vec![Check::failed("world", format!("{error:#}")).mend("take it out")],
    },
}];

fn main() -> ExitCode {
    onetag::main_with(&BACKENDS)
}
