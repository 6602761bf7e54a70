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
    let version = match number(&info.version) >= number(dialect.oldest) {
        true => Check::ok(name, found),
        false => Check::failed(name, found).mend(dialect.install),
    };
    let mut checks = vec![version.wanted(format!("{} or newer", dialect.oldest)), architecture];
    if let Some(network) = info.network.as_ref().filter(|network| *network != "netavark") {
        let found = format!("{network}, with which services do not find each other");
        let mend = "apt-get install netavark aardvark-dns, then `podman system reset`";
        checks.push(Check::failed("network", found).wanted("netavark").mend(mend));
    }
    if info.rootless && info.cgroups == 1 {
        let found = "suites cannot pause services: rootless, with cgroups v1";
        checks.push(Check::warning("pause", found).wanted("cgroups v2"));
    }
    if info.remote {
        let found = "suites cannot take databases away: the engine runs elsewhere";
        checks.push(Check::warning("files", found));
    }
    checks
}

/// A version, to compare.
fn number(version: &str) -> Vec<u32> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(number("4.3.1") >= number("4.3"));
        assert!(number("20.10.24+dfsg1") >= number("20.10"));
        assert!(number("5.0.0-dev") >= number("4.3"));
        assert!(number("4.10") > number("4.3"));
        assert!(number("3.4.4") < number("4.3"));
    }
}
