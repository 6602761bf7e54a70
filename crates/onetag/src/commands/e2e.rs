//! `e2e`: the whole cycle, the main job.

use std::num::NonZero;
use std::time::Instant;

use clap::Args;

use super::{Format, Outcomes, RunOptions, Suites, conclude, context};
use crate::cycle::{self, Goal, Options};
use crate::exit::Exit;
use crate::report::{Ui, table};
use crate::suite::NextestArguments;

/// Build, deploy, prove, test, and leave nothing behind: the main job
#[derive(Debug, Args)]
pub(crate) struct E2e {
    #[command(flatten)]
    suites: Suites,
    /// Suites at the same time [default: one or two per processor, as far as memory allows]
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// Keep the run for `test`, `up` and `down`
    #[arg(long)]
    keep: bool,
    /// Keep the run if it fails once its services are up
    #[arg(long)]
    keep_on_failure: bool,
    #[command(flatten)]
    run: RunOptions,
    /// What goes to stdout besides the talk on stderr
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Runs suites, one run each.
pub(crate) fn e2e(arguments: &E2e, ui: Ui) -> anyhow::Result<Exit> {
    conclude(arguments.format, outcomes(arguments, ui))
}

fn outcomes(arguments: &E2e, ui: Ui) -> anyhow::Result<Outcomes> {
    let started = Instant::now();
    let context = context(ui)?;
    let run = &arguments.run;
    let options = Options {
        goal: Goal::Tested(NextestArguments::new(&run.nextest)?),
        keep: arguments.keep,
        keep_on_failure: arguments.keep_on_failure,
        jobs: arguments.jobs,
        ready: run.ready_timeout,
        profile: run.build.profile(),
        backend: run.on.backend,
        database: run.databases.choice()?,
        cluster: run.cluster.choice()?,
    };
    let (jobs, not_run) = arguments.suites.jobs(&context, run.on.backend.unwrap_or_default())?;
    let runs = cycle::drive(&context, jobs, &options)?;
    if runs.len() > 1 || !not_run.is_empty() {
        let reports: Vec<_> = runs.iter().map(|(_, report)| report).collect();
        context.ui.verdict(table(&reports, &not_run, started.elapsed()));
    }
    Ok(Outcomes { runs, not_run })
}
