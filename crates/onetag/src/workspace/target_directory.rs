//! Which target folders the harness can work in.

use camino::Utf8Path;

use super::error::Problem;

/// Refuses a target folder whose path cannot stand in an environment file.
///
/// The run folder lies below the target folder, and its path is a value of the
/// environment file. Those values consist of `A-Z a-z 0-9 _ . / : @ , % + = -`,
/// so that the same bytes serve nextest, `--env-file` and `sh` without quotes.
///
/// # Errors
///
/// [`Problem::Metadata`] naming the path and its first bad character.
pub fn validate_target_directory(target_directory: &Utf8Path) -> Result<(), Problem> {
    let bad = target_directory.as_str().chars().find(|&c| !is_plain(c));
    let Some(bad) = bad else { return Ok(()) };
    Err(Problem::Metadata(format!(
        "the path of the target folder has the character {bad:?}: {target_directory}\n\
         hint: set CARGO_TARGET_DIR to a folder whose path consists of \
         letters, digits and `_./:@,%+=-`"
    )))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_./:@,%+=-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_pass() {
        for path in ["/home/me/onetag/target", "/tmp/a_b.c/x:y@1,2%3+4=5-6"] {
            assert_eq!(validate_target_directory(path.into()), Ok(()), "for {path}");
        }
    }

    #[test]
    fn space_is_refused_with_the_way_round() {
        let problem = validate_target_directory("/home/me/my code/target".into()).unwrap_err();
        insta::assert_snapshot!(problem, @r"
        the path of the target folder has the character ' ': /home/me/my code/target
        hint: set CARGO_TARGET_DIR to a folder whose path consists of letters, digits and `_./:@,%+=-`
        ");
    }

    #[test]
    fn whatever_a_shell_would_read_is_refused() {
        for bad in ["$", "'", "\"", "\\", ";", "#", "\n", "ü", "~", "*", "("] {
            let path = format!("/tmp/a{bad}b");
            assert!(validate_target_directory(path.as_str().into()).is_err(), "for {path:?}");
        }
    }
}
