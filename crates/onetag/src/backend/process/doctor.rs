//! What plain processes need of a machine.

use std::net::TcpListener;

use crate::backend::{Check, LOCALHOST};
use crate::system::bind_lease;

/// Looks at the operating system, and whether ports can be leased.
pub(super) fn doctor() -> Vec<Check> {
    vec![system(), leases()]
}

fn system() -> Check {
    let name = "operating system";
    let system = std::env::consts::OS;
    match system {
        "linux" => Check::ok(name, "Linux"),
        _ => Check::warning(
            name,
            format!(
                "{system}: services may outlive a keeper that is killed, what a run leaves behind \
                 is not found by its environment, and a program that was replaced is not seen"
            ),
        )
        .wanted("Linux"),
    }
}

/// A port that is leased is bound twice by somebody else, as by a service that starts
/// again.
fn leases() -> Check {
    let name = "port leases";
    let lease = || {
        let (_lease, port) = bind_lease(0)?;
        for _ in 0..2 {
            TcpListener::bind((LOCALHOST, port))?;
        }
        std::io::Result::Ok(())
    };
    match lease() {
        Ok(()) => Check::ok(name, format!("a service can bind a leased port of {LOCALHOST}")),
        Err(error) => Check::failed(name, format!("a leased port of {LOCALHOST}: {error}"))
            .wanted("SO_REUSEADDR lets a service bind a port that the keeper has bound"),
    }
}
