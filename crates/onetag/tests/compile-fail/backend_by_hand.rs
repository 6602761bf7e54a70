//! A backend is handed a reference and bytes by the phases alone.

use onetag::backend::Process;
use onetag::build::Compiled;
use onetag::run::Reference;

fn load(process: &Process<'_>, reference: &Reference, compiled: &Compiled) {
    let _ = process.load(reference, compiled);
}

fn main() {}
