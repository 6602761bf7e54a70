//! Names come from a run, and states from the phase before: their fields are
//! private.

use onetag::build::Compiled;
use onetag::phase::{Built, Image};
use onetag::run::{Reference, RunId, Tag};

fn tag(run_id: RunId) -> Tag {
    Tag { consumer: "alpha".to_owned(), run_id, generation: 7 }
}

fn reference(tag: Tag) -> Reference {
    Reference { service: "beta".to_owned(), tag, external: None, registry: None }
}

fn built(compiled: Compiled) -> Built {
    Built { compiled }
}

fn image(reference: Reference, state: Built) -> Image<'static, Built> {
    Image { reference, state, brand: std::marker::PhantomData }
}

fn main() {}
