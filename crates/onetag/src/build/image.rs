//! The bytes and digests of an image.
//!
//! They are the crate `onetag_image`; here is how a program's loader is run for it.

use std::process::Command;
use std::time::Duration;

use camino::Utf8Path;
pub use onetag_image::{
    Contents, Digest, Digests, FileIdentity, ImageName, RunLoader, archive, closure, contents,
    digest, identity, layer, layer::Measure, manifest, program, write_archive,
};

use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

/// Listing libraries takes a few milliseconds; this is for a machine that swaps.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs a program's loader: a [`RunLoader`] for [`Contents::with_files`].
///
/// # Errors
///
/// When it cannot be started or does not end in time.
pub fn run_loader(command: Command) -> anyhow::Result<std::process::Output> {
    let finished = Tool::new(command, LIMIT)
        // A tool takes out of the library path what cargo put there, and would give
        // the rest to the loader.
        .env_clear()
        .output(Output::Capture, Output::Capture)
        .finish(&Interrupt::default())?;
    Ok(std::process::Output {
        status: finished.status,
        stdout: finished.stdout,
        stderr: finished.stderr,
    })
}

/// The same with a folder of libraries that the loader looks into first.
///
/// # Errors
///
/// As for [`run_loader`].
pub(super) fn run_loader_with(
    library: &Utf8Path,
    command: Command,
) -> anyhow::Result<std::process::Output> {
    let mut with = Command::new(command.get_program());
    with.arg("--library-path").arg(library).args(command.get_args());
    run_loader(with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_gets_no_environment_and_is_heard() {
        let output = run_loader(Command::new("/usr/bin/env")).unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");

        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "echo one; echo two >&2; exit 3"]);
        let output = run_loader(shell).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!((&*output.stdout, &*output.stderr), (&b"one\n"[..], &b"two\n"[..]));
    }
}
