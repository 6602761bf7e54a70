//! `test`: runs a suite against its kept run, as often as one likes.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Args;

use super::{
    BuildOptions, ClusterOptions, Databases, Format, On, Outcomes, conclude, context,
    kept_elsewhere, kept_job, kept_run, up_line,
};
use crate::cycle::{self, Goal, Job, Options};
use crate::error::Attach as _;
use crate::exit::Exit;
use crate::keeper::{Client, ServiceState};
use crate::report::Ui;
use crate::suite::NextestArguments;

/// Run a suite against its kept run; refuses what is stale
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The suite to run
    #[arg(value_name = "SERVICE")]
    suite: String,
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
    #[arg(last = true, allow_hyphen_values = true, value_name = "NEXTEST ARGS")]
    nextest: Vec<String>,
}

/// Runs the suite, unless what runs is not what would be built.
pub(crate) fn test(arguments: &Test, ui: Ui) -> anyhow::Result<Exit> {
    conclude(arguments.format, reports(arguments, ui))
}

fn reports(arguments: &Test, ui: Ui) -> anyhow::Result<Outcomes> {
    let context = context(ui)?;
    let mut options = Options {
        goal: Goal::Retested(NextestArguments::new(&arguments.nextest)?),
        keep: true,
        keep_on_failure: false,
        jobs: None,
        // Nothing is started.
        ready: Duration::ZERO,
        profile: arguments.build.profile(),
        backend: arguments.on.backend,
        database: arguments.databases.choice()?,
        cluster: arguments.cluster.choice()?,
    };
    let job = Job::new(&context, &arguments.suite)?;
    let suite = &job.suite.name;
    let (layout, root) = (context.layout(), &context.workspace.root);
    let Some(entry) = kept_run(&layout, root, suite)? else {
        let none = match kept_elsewhere(&layout, root, suite)? {
            others if others.is_empty() => anyhow!("there is no kept run of `{suite}`"),
            others => anyhow!("there is no kept run of `{suite}` of this workspace{others}"),
        };
        return Err(none.hint(up_line(suite, &options)));
    };
    let job = kept_job(job, entry, &mut options)?;
    expect_running(&job)?;
    let runs = cycle::drive(&context, vec![job], &options)?;
    Ok(Outcomes { runs, not_run: Vec::new() })
}

/// Before anything is built: `up` starts again what has ended.
fn expect_running(job: &Job<'_>) -> anyhow::Result<()> {
    let (Some(kept), suite) = (&job.kept, &job.suite.name) else { return Ok(()) };
    let up = format!("cargo xtask up {suite}");
    let status = Client::connect(&kept.entry.folder).and_then(|mut keeper| keeper.status());
    let status = status.context("the services of the kept run are gone").hint(&up)?;
    if status.turn.is_some() {
        // A test of another command may have stopped something, and brings it back.
        return Ok(());
    }
    for service in kept.plan.services.keys() {
        if !matches!(status.services.get(service), Some(ServiceState::Running { .. })) {
            let ended = anyhow!("service `{service}` of the kept run has ended");
            return Err(ended.hint(&up));
        }
    }
    Ok(())
}
