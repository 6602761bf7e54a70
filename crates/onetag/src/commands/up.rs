//! `up`: start once. On a kept run: replace what changed, start again what died,
//! leave the rest running. With `--test` that and the suite are one command.

use std::time::Duration;

use clap::Args;

use super::{
    BuildOptions, ClusterOptions, Databases, Format, On, Outcomes, conclude, context, kept_job,
    kept_run,
};
use crate::cycle::{self, Goal, Job, Options};
use crate::exit::Exit;
use crate::report::Ui;
use crate::suite::NextestArguments;

/// Start what a suite needs and keep it, or bring what is kept up to date
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// The suite whose services are started
    #[arg(value_name = "SERVICE")]
    suite: String,
    /// How long a service may take to become ready
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    ready_timeout: Duration,
    /// Run the suite as well, once everything is up to date
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    databases: Databases,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    build: BuildOptions,
    /// What goes to stdout besides the talk on stderr
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// What nextest gets as well, for example `-E 'test(name)'`
    #[arg(last = true, allow_hyphen_values = true, value_name = "NEXTEST ARGS", requires = "test")]
    nextest: Vec<String>,
}

/// Brings a run up and keeps it, or brings the kept one up to date; tests it on request.
pub(crate) fn up(arguments: &Up, ui: Ui) -> anyhow::Result<Exit> {
    conclude(arguments.format, reports(arguments, ui))
}

fn reports(arguments: &Up, ui: Ui) -> anyhow::Result<Outcomes> {
    let context = context(ui)?;
    let job = Job::new(&context, &arguments.suite)?;
    let nextest = NextestArguments::new(&arguments.nextest)?;
    let mut options = Options {
        goal: Goal::Up(arguments.test.then_some(nextest)),
        keep: true,
        keep_on_failure: false,
        jobs: None,
        ready: arguments.ready_timeout,
        profile: arguments.build.profile(),
        backend: arguments.on.backend,
        database: arguments.databases.choice()?,
        cluster: arguments.cluster.choice()?,
    };
    let job = match kept_run(&context.layout(), &context.workspace.root, &arguments.suite)? {
        Some(entry) => kept_job(job, entry, &mut options)?,
        None => job,
    };
    let runs = cycle::drive(&context, vec![job], &options)?;
    Ok(Outcomes { runs, not_run: Vec::new() })
}
