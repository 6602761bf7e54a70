//! The moment between fork and exec of a service.
//!
//! A service must stand in the ledger before it runs, and its process id is
//! known only once it exists. So the keeper starts this program, writes the
//! process into the ledger, and only then lets it become the service. If the
//! keeper dies first, nothing was started; if it dies later, the kernel ends the
//! service with it.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use camino::Utf8Path;

/// What the keeper writes once the service stands in the ledger.
pub(crate) const GO: &[u8] = b"go";

/// Becomes the service, once the keeper says so on standard input.
pub(crate) fn launch(keeper: u32, executable: &Utf8Path) -> anyhow::Result<()> {
    crate::sys::die_with_parent(keeper).context("cannot be tied to the keeper")?;
    let mut said = Vec::new();
    std::io::stdin().read_to_end(&mut said).context("cannot hear the keeper")?;
    ensure!(said == GO, "the keeper ended before {executable} was started");
    let null = File::open("/dev/null").context("cannot open /dev/null")?;
    nix::unistd::dup2_stdin(&null).context("cannot replace standard input")?;
    drop(null);
    let error = Command::new(executable).stdin(Stdio::inherit()).exec();
    Err(error).with_context(|| format!("cannot execute {executable}"))
}
