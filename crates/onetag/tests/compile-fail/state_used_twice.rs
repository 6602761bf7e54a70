//! A state is used up by the phase that takes it.

use onetag::backend::RunBackend;
use onetag::build::Compiled;
use onetag::phase::{Built, Image, Minted};
use onetag::run::MintedRun;
use onetag::system::signals::Interrupt;

fn build_twice(minted: Image<'_, Minted>, compiled: &Compiled) {
    let _ = minted.build(compiled);
    let _ = minted.build(compiled);
}

fn load_twice<'run>(backend: &RunBackend<'run>, built: Image<'run, Built>) {
    let _ = built.load(backend, &Interrupt::default());
    let _ = built.load(backend, &Interrupt::default());
}

fn copy<'run>(built: &Image<'run, Built>) -> Image<'run, Built> {
    built.clone()
}

fn enter_twice(run: MintedRun) {
    run.enter(|_| ());
    run.enter(|_| ());
}

fn main() {}
