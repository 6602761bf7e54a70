//! `bench`: what the harness costs, against the same done by hand.

use clap::Args;

use super::{Format, Profile};
use crate::exit::Exit;
use crate::report::Ui;

/// Measure what a run costs, against the same done by hand
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The suite to measure with
    #[arg(value_name = "SERVICE")]
    suite: String,
    /// How often each way is measured in each case
    #[arg(long, value_name = "COUNT", default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..))]
    pairs: u16,
    #[command(flatten)]
    profile: Profile,
    /// What goes to stdout besides the talk on stderr
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// What nextest gets as well, both ways, for example `-E 'test(name)'`
    #[arg(last = true, allow_hyphen_values = true, value_name = "NEXTEST ARGS")]
    nextest: Vec<String>,
}

/// Measures, and prints the figures to stdout: they are data.
pub(crate) fn bench(_arguments: &Bench, _ui: Ui) -> anyhow::Result<Exit> {
    anyhow::bail!("being moved to a crate of its own")
}
