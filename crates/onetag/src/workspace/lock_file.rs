//! A lock file that is not up to date.

/// What to type when cargo's errors say that the lock file would have to change.
///
/// Every call has `--locked`, so that a run never changes the file; cargo speaks
/// of that option to somebody who never typed it.
pub fn lock_file_hint(stderr: &str) -> Option<String> {
    let locked = ["cannot update the lock file", "cannot create the lock file", "the lock file"];
    let is_locked = stderr.lines().any(|line| {
        line.contains("--locked was passed") && locked.iter().any(|text| line.contains(text))
    });
    is_locked.then(|| {
        "Cargo.lock is not up to date with the manifests: `cargo update --workspace` writes what \
         is missing, and keeps all other versions"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_own_option_becomes_a_command() {
        for stderr in [
            "error: cannot update the lock file /ws/Cargo.lock because --locked was passed to \
             prevent this\nhelp: to generate the lock file without accessing the network, remove \
             the --locked flag and use --offline instead.\n",
            "error: cannot create the lock file /ws/Cargo.lock because --locked was passed to \
             prevent this\n",
            "error: the lock file /ws/Cargo.lock needs to be updated but --locked was passed to \
             prevent this\n",
        ] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(lock_file_hint(stderr).unwrap(), @"Cargo.lock is not up to date with the manifests: `cargo update --workspace` writes what is missing, and keeps all other versions");
            }
        }
        assert_eq!(lock_file_hint("error: could not compile `a`\n"), None);
    }
}
