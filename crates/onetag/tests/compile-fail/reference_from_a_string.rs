//! No string becomes the name of an image.

use std::str::FromStr as _;

use onetag::run::{MintedRun, Reference};
use onetag::workspace::Service;

fn parse() {
    let _ = Reference::from_str("localhost/beta:latest");
}

fn convert() -> Reference {
    "localhost/beta:latest".to_owned().into()
}

fn read() {
    let _: Reference = serde_json::from_str("\"localhost/beta:latest\"").unwrap();
}

fn call(run: &MintedRun) -> Reference {
    Reference::new("beta", run.tag(), None)
}

fn edit(run: &MintedRun, service: &Service) -> Reference {
    let mut reference = run.reference(service);
    reference.service = "beta".to_owned();
    reference
}

fn main() {}
