//! `e2e`: the whole cycle, the main job.

use std::time::Duration;

use clap::Args;

use super::{BuildOptions, On, Suites, conclude, context};
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
    /// How long a service may take to become ready
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    ready_timeout: Duration,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    build: BuildOptions,
    /// What nextest gets as well, for example `-E 'test(name)'`
    #[arg(last = true, allow_hyphen_values = true, value_name = "NEXTEST ARGS")]
    nextest: Vec<String>,
}

/// Runs suites, one run each.
pub(crate) fn e2e(arguments: &E2e, ui: Ui) -> anyhow::Result<Exit> {
    conclude(arguments.build.format, reports(arguments, ui))
}

fn reports(arguments: &E2e, ui: Ui) -> anyhow::Result<Vec<(Exit, crate::report::RunReport)>> {
    let context = context(ui)?;
    let options = Options {
        goal: Goal::Tested(NextestArguments::new(&arguments.nextest)?),
        keep: arguments.keep,
        keep_on_failure: arguments.keep_on_failure,
        ready: arguments.ready_timeout,
        profile: arguments.build.profile(),
        backend: arguments.on.backend,
    };
    let jobs = arguments.suites.jobs(&context)?;
    cycle::drive(&context, &jobs, &options)
}
