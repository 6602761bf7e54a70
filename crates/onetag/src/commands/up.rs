//! `up`: start once. On a kept run: replace what changed, start again what died,
//! leave the rest running.

use super::{conclude, context, kept_job, several};
use crate::cli::Up;
use crate::cycle::{self, Goal, Job, Options};
use crate::exit::Exit;
use crate::gc::dead::kept;
use crate::report::RunReport;

/// Brings a run up and keeps it, or brings the kept one up to date.
pub(crate) fn up(arguments: &Up) -> anyhow::Result<Exit> {
    conclude(arguments.format, reports(arguments))
}

fn reports(arguments: &Up) -> anyhow::Result<Vec<(Exit, RunReport)>> {
    let context = context()?;
    let job = Job::new(&context, &arguments.suite)?;
    let mut options = Options {
        goal: Goal::Up,
        keep: true,
        keep_on_failure: false,
        ready: arguments.ready_timeout,
        profile: None,
    };
    let mut entries = kept(&context.layout(), &context.workspace.root, &arguments.suite)?;
    let job = match entries.len() {
        0 => job,
        1 => kept_job(job, entries.remove(0), &mut options)?,
        _ => return Err(several(&arguments.suite, &entries)),
    };
    cycle::drive(&context, &[job], &options)
}
