//! A phase cannot be skipped: what is loaded was built.

use onetag::backend::Process;
use onetag::phase::Image;
use onetag::run::Run;
use onetag::workspace::Service;

fn load<'run>(process: &Process<'run>, run: &Run<'run>, service: &Service) {
    let _ = Image::mint(run, service).load(process);
}

fn main() {}
