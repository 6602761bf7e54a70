//! What must not compile: skipping a phase, mixing runs, and naming an image by
//! hand. `phase.rs` says why.

use std::time::Duration;

use onetag::backend::{Addresses, ReadyWait, RunBackend};
use onetag::build::Compiled;
use onetag::build::image::{Contents, write_archive};
use onetag::phase::{Image, Loaded, Running};
use onetag::run::{MintedRun, Run};
use onetag::system::signals::Interrupt;
use onetag::workspace::{PlannedService, Service};

#[test]
fn mistakes_do_not_compile() {
    // To write the expected messages anew: TRYBUILD=overwrite.
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}

/// The legal order, which the mistakes stray from by one step each: that it
/// compiles shows that they fail for no other reason.
fn legal_order<'run>(
    run: &Run<'run>,
    planned: &PlannedService,
    compiled: &Compiled,
) -> anyhow::Result<Vec<Image<'run, Running>>> {
    let backend = RunBackend::new(run, Addresses::default());
    let interrupt = Interrupt::default();
    let minted = Image::mint(run, &planned.service);
    let built = minted.build(compiled)?;
    let loaded = built.load(&backend, &interrupt)?;
    let limit = Duration::from_secs(60);
    let waiting = ReadyWait::new(limit, "a limit", &interrupt);
    Image::<Loaded>::deploy(vec![(loaded, planned)], &backend, &waiting)
}

/// An archive under the name that the run gave.
fn legal_archive(
    run: &MintedRun,
    service: &Service,
    contents: &Contents,
) -> anyhow::Result<Vec<u8>> {
    write_archive(contents, &run.reference(service), Vec::new())
}

#[test]
fn the_legal_order_compiles() {
    // They are not run: that takes a workspace, which the tests of `xtask` have.
    let _ = legal_order;
    let _ = legal_archive;
}
