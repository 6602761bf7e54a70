//! What databases and users are called.

use crate::build::image::Digest;
use crate::run::RunId;

/// How long a name of PostgreSQL may be (`NAMEDATALEN` less one); what is longer is cut.
const LIMIT: usize = 63;

/// How many digits of a digest stand for what is cut off.
const DIGITS: usize = 8;

/// The name of the database of a service, and of the user that owns it: a server may have
/// those of many runs.
pub(super) fn of(run_id: RunId, service: &str) -> String {
    let name = format!("onetag_{run_id}_{service}");
    if name.len() <= LIMIT {
        return name;
    }
    let digest = Digest::of(service.as_bytes()).hex();
    format!("{}_{}", &name[..LIMIT - DIGITS - 1], &digest[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_different() {
        let run_id = RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap();
        assert_eq!(of(run_id, "orders"), "onetag_0193a5c2e4b07c1e9f3a2b4c5d6e7f80_orders");
        let long = |end: &str| of(run_id, &("a".repeat(50) + end));
        assert_eq!(long("b").len(), LIMIT);
        assert_ne!(long("b"), long("c"));
    }
}
