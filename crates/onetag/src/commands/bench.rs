//! `bench`: what the harness costs, against the same done by hand.

use clap::Args;

use super::{Format, Profile, context, print_json};
use crate::bench::{Asked, document, measure, table};
use crate::cycle::check_machine;
use crate::exit::Exit;
use crate::report::{Ui, write_stdout};
use crate::suite::NextestArguments;

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
pub(crate) fn bench(arguments: &Bench, ui: Ui) -> anyhow::Result<Exit> {
    let context = context(ui)?;
    let asked = Asked {
        suite: context.workspace.suite(&arguments.suite)?.name.clone(),
        pairs: arguments.pairs.into(),
        profile: arguments.profile.name().map(str::to_owned),
        nextest: NextestArguments::new(&arguments.nextest)?,
    };
    check_machine(&context)?;
    let figures = measure(context, &asked)?;
    match arguments.format {
        Format::Json => print_json(&document(&figures))?,
        Format::Human => write_stdout(table(&figures).as_bytes()),
    }
    Ok(Exit::Success)
}
