//! Paths of checkouts within what build scripts say.

use camino::{Utf8Path, Utf8PathBuf};

use super::unit::Places;

/// Whether a value has a path of one of the other checkouts in it, and none of this
/// one.
///
/// The target folder, which all of them share, may lie in any of them.
pub(super) fn is_of_elsewhere(value: &str, places: Places<'_>, others: &[Utf8PathBuf]) -> bool {
    let mentioned = |root: &Utf8Path| {
        let is_target = |rest: &str| {
            let target = places.target.strip_prefix(root);
            target.is_ok_and(|target| begins_with(rest, &format!("/{target}")))
        };
        let mut found = value.match_indices(root.as_str());
        found.any(|(at, root)| {
            let rest = &value[at + root.len()..];
            begins_with(rest, "") && !is_target(rest)
        })
    };
    // A checkout may lie in another one: the inner one is meant.
    let is_inner = |other: &Utf8PathBuf| other.starts_with(places.root);
    let is_ours = mentioned(places.root);
    others.iter().any(|other| mentioned(other) && (!is_ours || is_inner(other)))
}

/// Whether a text begins with a path, or with a path below it.
fn begins_with(text: &str, path: &str) -> bool {
    let ends = |rest: &str| {
        let belongs = |char: char| char.is_alphanumeric() || "-_.".contains(char);
        !rest.starts_with(belongs)
    };
    text.strip_prefix(path).is_some_and(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_another_checkout_is_of_elsewhere() {
        let others = ["/w/there", "/w/here/inner", "/w"].map(Utf8PathBuf::from);
        let places = Places { root: "/w/here".into(), target: "/w/there/target".into() };
        for (value, expected) in [
            ("", false),
            ("/w/here/beta", false),
            ("/w/there", true),
            ("/w/there/beta", true),
            ("-L/w/there/beta:/usr/lib", true),
            ("/w/there/target/debug/build/beta-1/out", false),
            ("/w/there/target", false),
            ("/w/there/targets", true),
            ("/w/there/target/x /w/there/beta", true),
            ("/w/here/beta /w/there/beta", false),
            ("/w/here/inner/beta", true),
            ("/w/beta", true),
            ("/w/here2/beta", true),
            ("/www", false),
        ] {
            assert_eq!(is_of_elsewhere(value, places, &others), expected, "{value}");
        }
        let others = ["/w/there"].map(Utf8PathBuf::from);
        assert!(!is_of_elsewhere("/w/there2/beta", places, &others));
    }
}
