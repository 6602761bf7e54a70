//! When build scripts ran, and whether that was in another checkout.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Artifact, BuildScript};

use super::times::written;
use super::unit::Places;
use crate::build::messages::Artifacts;

/// The ids of local packages whose build scripts gave paths of another checkout to
/// the compiler.
pub(super) fn of_elsewhere(
    artifacts: &Artifacts,
    places: Places<'_>,
    others: &[Utf8PathBuf],
) -> BTreeSet<String> {
    // A script runs after it was built: what such a one says is of this checkout.
    let is_built = |script: &BuildScript| {
        let mut units = artifacts.units.iter().filter(|unit| is_script_of(unit, script));
        units.any(|unit| !unit.fresh)
    };
    let stale = artifacts.build_scripts.iter().filter(|script| {
        let mut values = script.env.iter().map(|(_, value)| value.as_str());
        script.package_id.repr.starts_with("path+file:")
            && values.any(|value| is_of_elsewhere(value, places, others))
            && !is_built(script)
    });
    stale.map(|script| script.package_id.repr.clone()).collect()
}

/// When this unit ran last, if it is a build script, by the clock of the file system.
///
/// One script may run for several platforms.
pub(super) fn ran_ns(unit: &Artifact, artifacts: &Artifacts) -> Option<i64> {
    let scripts = artifacts.build_scripts.iter().filter(|script| is_script_of(unit, script));
    let written = |script: &BuildScript| written(&script.out_dir.parent()?.join("output")).ok();
    scripts.filter_map(written).map(|(_, mtime_ns)| mtime_ns).max()
}

fn is_script_of(unit: &Artifact, script: &BuildScript) -> bool {
    unit.target.is_custom_build() && unit.package_id == script.package_id
}

/// Whether a value has a path of one of the other checkouts in it, and none of this
/// one.
///
/// The target folder, which all of them share, may lie in any of them.
fn is_of_elsewhere(value: &str, places: Places<'_>, others: &[Utf8PathBuf]) -> bool {
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
        let places =
            Places { root: "/w/here".into(), target: "/w/there/target".into(), tests: &[] };
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
