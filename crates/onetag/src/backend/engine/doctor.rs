//! What an engine says of itself.

use super::super::Check;
use super::client::Client;
use super::dialect::Dialect;

/// Looks whether the engine is there, answers, and runs what cargo builds here.
pub(super) fn doctor(dialect: &'static Dialect) -> Vec<Check> {
    let name = dialect.program;
    let client = match Client::probe(dialect) {
        Ok(client) => client,
        Err(error) => return vec![Check::of_error(name, &error)],
    };
    let info = &client.pinned.info;
    let mode = if info.rootless { "rootless" } else { "as root" };
    let place = if info.remote { ", elsewhere" } else { "" };
    let found = format!(
        "{}, {mode}{place}, images in {}, cgroups v{}",
        info.version, info.store, info.cgroups
    );
    let architecture = match info.check(dialect) {
        Ok(()) => Check::ok("architecture", &*info.architecture),
        Err(error) => Check::of_error("architecture", &error),
    };
    vec![Check::ok(name, found), architecture]
}
