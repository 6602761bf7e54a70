//! `up`: start once. On a kept run: replace what changed, start again what died,
//! leave the rest running.

mod refresh;

use super::{conclude, context, job, several};
use crate::cli::Up;
use crate::cycle::{self, Options};
use crate::exit::Exit;
use crate::gc::dead::kept;
use crate::report::RunReport;

/// Brings a run up and keeps it, or brings the kept one up to date.
pub(crate) fn up(arguments: &Up) -> anyhow::Result<Exit> {
    conclude(arguments.format, reports(arguments))
}

fn reports(arguments: &Up) -> anyhow::Result<Vec<(Exit, RunReport)>> {
    let context = context()?;
    let job = job(&context, &arguments.suite)?;
    let ready = arguments.ready_timeout;
    let mut found = kept(&context.layout(), &context.workspace.root, &arguments.suite)?;
    match found.len() {
        0 => {
            let options = Options { test: None, keep: true, keep_on_failure: false, ready };
            cycle::drive(&context, &[job], &options)
        }
        1 => {
            let report = refresh::refresh(&context, &job, found.remove(0), ready)?;
            Ok(vec![(Exit::Success, report)])
        }
        _ => anyhow::bail!("{}", several(&arguments.suite, &found)),
    }
}
