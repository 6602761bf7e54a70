//! A state is used up by the phase that takes it.

use onetag::backend::Process;
use onetag::build::Compiled;
use onetag::phase::{Built, Image, Minted};
use onetag::run::MintedRun;

fn build_twice(minted: Image<'_, Minted>, compiled: &Compiled) {
    let _ = minted.built(compiled);
    let _ = minted.built(compiled);
}

fn load_twice<'run>(process: &Process<'run>, built: Image<'run, Built>) {
    let _ = process.load(built);
    let _ = process.load(built);
}

fn copy<'run>(built: &Image<'run, Built>) -> Image<'run, Built> {
    built.clone()
}

fn enter_twice(run: MintedRun) {
    run.enter(|_| ());
    run.enter(|_| ());
}

fn main() {}
