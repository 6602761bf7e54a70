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
#[path = "target_directory_tests.rs"]
mod tests;
