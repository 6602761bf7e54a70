//! What belongs to a run stays in it.

use onetag::phase::{Image, Minted};
use onetag::run::MintedRun;
use onetag::workspace::Service;

fn take_out(run: MintedRun, service: &Service) -> Image<'static, Minted> {
    run.enter(|run| Image::mint(&run, service))
}

fn main() {}
