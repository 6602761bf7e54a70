//! `e2e`: the whole cycle, the main job.

use clap::Args;

use super::{RunOptions, Suites, conclude, context};
use crate::cycle::{self, Goal, Options};
use crate::exit::Exit;
use crate::report::Ui;
use crate::suite::NextestArguments;

/// Build, deploy, prove, test, and leave nothing behind: the main job
#[derive(Debug, Args)]
pub(crate) struct E2e {
    #[command(flatten)]
    suites: Suites,
    /// Keep the run for `test`, `up` and `down`
    #[arg(long)]
    keep: bool,
    /// Keep the run if it fails once its services are up
    #[arg(long)]
    keep_on_failure: bool,
    #[command(flatten)]
    run: RunOptions,
}

/// Runs suites, one run each.
pub(crate) fn e2e(arguments: &E2e, ui: Ui) -> anyhow::Result<Exit> {
    conclude(arguments.run.build.format, reports(arguments, ui))
}

fn reports(arguments: &E2e, ui: Ui) -> anyhow::Result<Vec<(Exit, crate::report::RunReport)>> {
    let context = context(ui)?;
    let run = &arguments.run;
    let options = Options {
        goal: Goal::Tested(NextestArguments::new(&run.nextest)?),
        keep: arguments.keep,
        keep_on_failure: arguments.keep_on_failure,
        ready: run.ready_timeout,
        profile: run.build.profile(),
        backend: run.on.backend,
        database: run.databases.choice()?,
    };
    let jobs = arguments.suites.jobs(&context)?;
    cycle::drive(&context, jobs, &options)
}
