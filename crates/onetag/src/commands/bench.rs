//! `bench`: what the harness costs, against the same done by hand.

use crate::cli::Bench;
use crate::exit::Exit;

/// Measures, and prints the figures to stdout: they are data.
pub(crate) fn bench(_arguments: &Bench) -> anyhow::Result<Exit> {
    anyhow::bail!("being moved to a crate of its own")
}
