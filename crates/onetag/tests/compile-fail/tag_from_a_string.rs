//! No string becomes a tag, and only a run has an id.

use std::str::FromStr as _;

use onetag::run::{RunId, Tag};

fn parse() {
    let _ = Tag::from_str("latest");
}

fn convert() -> Tag {
    "latest".to_owned().into()
}

fn call(run_id: RunId) -> Tag {
    Tag::new("alpha", run_id, 7)
}

fn mint() -> RunId {
    RunId::mint()
}

fn parse_id() {
    let _ = RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80");
}

fn main() {}
