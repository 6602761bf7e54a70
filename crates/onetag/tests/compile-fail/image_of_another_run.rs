//! What belongs to one run does not fit another, however they are nested.

use onetag::backend::{Addresses, RunBackend};
use onetag::build::Compiled;
use onetag::phase::Image;
use onetag::run::MintedRun;
use onetag::system::signals::Interrupt;
use onetag::workspace::Service;

fn mix(one: MintedRun, other: MintedRun, service: &Service, compiled: &Compiled) {
    one.enter(|one| {
        other.enter(|other| {
            let backend = RunBackend::new(&one, Addresses::default());
            let built = Image::mint(&other, service).build(compiled).unwrap();
            let _ = built.load(&backend, &Interrupt::default());
        });
    });
}

fn main() {}
