//! A phase cannot be skipped: what is loaded was built.

use onetag::backend::RunBackend;
use onetag::phase::Image;
use onetag::run::Run;
use onetag::system::signals::Interrupt;
use onetag::workspace::Service;

fn load<'run>(backend: &RunBackend<'run>, run: &Run<'run>, service: &Service) {
    let _ = Image::mint(run, service).load(backend, &Interrupt::default());
}

fn main() {}
