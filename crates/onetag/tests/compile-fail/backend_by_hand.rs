//! A backend is handed a reference and bytes by the phases alone.

use onetag::backend::RunBackend;
use onetag::build::Compiled;
use onetag::run::Reference;
use onetag::system::signals::Interrupt;

fn load(backend: &RunBackend<'_>, reference: &Reference, compiled: &Compiled) {
    let _ = backend.load(reference, compiled, &Interrupt::default());
}

fn main() {}
