//! Which target folders the harness can work in.

use anyhow::anyhow;
use camino::Utf8Path;

use crate::error::{Attach as _, Kind};

/// Refuses a target folder whose path does not work.
///
/// The run folder lies below the target folder, and its path is a value of the
/// environment file, so the characters of those values are allowed, but for two:
/// cargo cannot put a folder with `:` on a search path, and gcc takes `%` in the
/// name of an output for a variable of its own.
///
/// # Errors
///
/// The path and its first bad character.
pub fn validate_target_directory(target_directory: &Utf8Path) -> anyhow::Result<()> {
    let bad = target_directory.as_str().chars().find(|&c| !is_plain(c));
    let Some(bad) = bad else { return Ok(()) };
    Err(anyhow!("the path of the target folder has the character {bad:?}: {target_directory}"))
        .kind(Kind::Metadata)
        .hint(
            "set CARGO_TARGET_DIR to a folder whose path consists of letters, digits and \
             `_./@,+=-`",
        )
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_./@,+=-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::describe;

    #[test]
    fn plain_paths_pass() {
        for path in ["/home/me/onetag/target", "/tmp/a_b.c/x@1,23+4=5-6"] {
            validate_target_directory(path.into()).unwrap();
        }
    }

    #[test]
    fn space_is_refused_with_the_way_round() {
        let error = validate_target_directory("/home/me/my code/target".into()).unwrap_err();
        insta::assert_snapshot!(describe(&error), @r"
        the path of the target folder has the character ' ': /home/me/my code/target
        hint: set CARGO_TARGET_DIR to a folder whose path consists of letters, digits and `_./@,+=-`
        ");
    }

    #[test]
    fn what_a_shell_or_cargo_reads_otherwise_is_refused() {
        for bad in ["$", "'", "\"", "\\", ";", "#", "\n", "ü", "~", "*", "(", ":", "%"] {
            let path = format!("/tmp/a{bad}b");
            assert!(validate_target_directory(path.as_str().into()).is_err(), "for {path:?}");
        }
    }
}
