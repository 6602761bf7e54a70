//! A cluster of one node in a folder, for tests: `kubectl`, `ctr`, `skopeo`, `kind` and
//! `docker` that are strict about their arguments.
//!
//! What is applied lies there as files. A pod is a process of this machine, at an address
//! of the loopback network that no other pod has, minded by a process of this program that
//! plays the node. A file in `faults` says what goes wrong.

mod images;
mod kind;
mod kubectl;
mod node;
mod objects;
mod store;

use std::process::ExitCode;

use store::Store;

/// What a program prints before it ends with code 1.
type Refused = String;

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments: Vec<String> = arguments.collect();
    let store = Store::open();
    // The name under which tests call it, since links may not reach here.
    let (name, arguments) = match arguments.split_first() {
        Some((first, rest)) if name == "cluster" => (first.clone(), rest.to_vec()),
        _ => (name, arguments),
    };
    let done = match name.as_str() {
        "node" => node::mind(&store, &arguments[0], &arguments[1]),
        "kubectl" => kubectl::kubectl(&store, &arguments),
        "ctr" => images::ctr(&store, &arguments),
        "skopeo" => images::skopeo(&store, &arguments),
        "kind" => kind::kind(&store, &arguments),
        "docker" => kind::docker(&store, &arguments),
        other => Err(format!("{other} is no program of a cluster")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(refused) => {
            eprintln!("{refused}");
            ExitCode::FAILURE
        }
    }
}
