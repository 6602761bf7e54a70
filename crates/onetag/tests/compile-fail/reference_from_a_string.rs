//! No string becomes the name of an image.

use std::str::FromStr as _;

use onetag::run::{MintedRun, Reference};
use onetag::workspace::Service;
use onetag_json::FromJson as _;

fn parse() {
    let _ = Reference::from_str("localhost/beta:latest");
}

fn convert() -> Reference {
    "localhost/beta:latest".to_owned().into()
}

fn read() {
    let _ = Reference::from_json(onetag_json::Value::String("localhost/beta:latest".to_owned()));
}

fn call(run: &MintedRun) -> Reference {
    Reference::new("beta", run.tag())
}

fn edit(run: &MintedRun, service: &Service) -> Reference {
    let mut reference = run.reference(service);
    reference.service = "beta".to_owned();
    reference
}

fn main() {}
