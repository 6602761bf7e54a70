//! The environment of the commands that the harness runs.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

/// Tells that nextest runs this process (nextest documentation, environment
/// variables).
const NEXTEST_RUN_ID: &str = "NEXTEST_RUN_ID";

/// Takes out of a command's environment what cargo, rustup and nextest *set*
/// for their children, and leaves what *configures* them.
///
/// `cargo xtask` runs below one cargo and calls another: with `CARGO_PKG_*` left
/// in place build scripts that watch them run again, with the library path left
/// in place the loader resolves libraries to those of the toolchain. Below nextest
/// every `NEXTEST*` describes the run above, also those that configure it
/// elsewhere, such as `NEXTEST_TEST_THREADS`.
pub(crate) fn scrub(command: &mut Command) {
    let below_nextest = std::env::var_os(NEXTEST_RUN_ID).is_some();
    for (key, value) in std::env::vars_os() {
        match Fate::of(&key, &value, below_nextest) {
            Fate::Stays => {}
            Fate::Goes => {
                command.env_remove(key);
            }
            Fate::Becomes(value) => {
                command.env(key, value);
            }
        }
    }
}

#[derive(Debug, PartialEq)]
enum Fate {
    Stays,
    Goes,
    Becomes(OsString),
}

impl Fate {
    fn of(key: &OsStr, value: &OsStr, below_nextest: bool) -> Fate {
        let Some(name) = key.to_str() else {
            return Fate::Stays;
        };
        const PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
        const NAMES: [&str; 3] = ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
        if PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || NAMES.contains(&name)
            || (below_nextest && name.starts_with("NEXTEST"))
        {
            return Fate::Goes;
        }
        if !matches!(name, "LD_LIBRARY_PATH" | "DYLD_FALLBACK_LIBRARY_PATH") {
            return Fate::Stays;
        }
        let all: Vec<_> = std::env::split_paths(value).collect();
        let own: Vec<_> = all.iter().filter(|path| !set_by_cargo(path)).cloned().collect();
        match std::env::join_paths(&own) {
            _ if own.is_empty() => Fate::Goes,
            Ok(joined) if own.len() < all.len() => Fate::Becomes(joined),
            _ => Fate::Stays,
        }
    }
}

/// Whether cargo or rustup put this entry into the library path: folders of a
/// toolchain, and folders of build output, which cargo marks with a lock file.
fn set_by_cargo(path: &Path) -> bool {
    let of_toolchain = path.components().any(|part| part.as_os_str() == "rustlib")
        || path.join("rustlib").is_dir();
    let of_build = path.ancestors().take(5).any(|folder| folder.join(".cargo-lock").exists());
    of_toolchain || of_build || path.as_os_str().is_empty()
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;
