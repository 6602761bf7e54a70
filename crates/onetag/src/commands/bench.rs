//! `bench`: what the harness costs, against the same done by hand.

use std::io::Write as _;

use anyhow::Context as _;

use super::{context, print_json};
use crate::bench::{Asked, document, measure, table};
use crate::cli::{Bench, Format};
use crate::cycle::check_machine;
use crate::exit::Exit;
use crate::suite::NextestArguments;

/// Measures, and prints the figures to stdout: they are data.
pub(crate) fn bench(arguments: &Bench) -> anyhow::Result<Exit> {
    let context = context()?;
    let asked = Asked {
        suite: context.workspace.suite(&arguments.suite)?.name.clone(),
        pairs: arguments.pairs,
        nextest: NextestArguments::new(&arguments.nextest)?,
    };
    check_machine(&context)?;
    let figures = measure(context, &asked)?;
    match arguments.format {
        Format::Json => print_json(&document(&figures))?,
        Format::Human => std::io::stdout()
            .lock()
            .write_all(table(&figures).as_bytes())
            .context("cannot write to stdout")?,
    }
    Ok(Exit::Success)
}
