//! `plan`: what `e2e` would do. It makes nothing and takes no lock.

mod document;
mod objects;
mod text;

use clap::{Args, ValueEnum};

use super::{RunOptions, Suites, context, print_json};
use crate::backend::read_manifests;
use crate::cycle::{self, build_request};
use crate::database;
use crate::exit::Exit;
use crate::report::{Ui, write_stdout};
use crate::suite::NextestArguments;
use document::{Preview, Wanted};

/// Show what `e2e` would do, with names, order and waits; changes nothing
#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    suites: Suites,
    #[command(flatten)]
    run: RunOptions,
    /// What goes to stdout; `yaml` is what a cluster would be told
    #[arg(long, value_enum, default_value = "human")]
    format: PlanFormat,
}

/// How a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    Human,
    Json,
    Yaml,
}

/// Prints what `e2e` would do with the same arguments: data, hence on stdout.
///
/// What `e2e` refuses before it makes anything is refused here as well, but for a
/// variable of the caller that is not set: that is shown.
pub(crate) fn plan(arguments: &Plan, ui: Ui) -> anyhow::Result<Exit> {
    let context = context(ui)?;
    let run = &arguments.run;
    let nextest = NextestArguments::new(&run.nextest)?;
    let (choice, backend) = (run.databases.choice()?, run.on.backend.unwrap_or_default());
    let (mut jobs, not_run) = arguments.suites.jobs(&context, backend)?;
    database::choose(&context.workspace, &mut jobs, &choice, backend)?;
    if backend.backend().cluster.is_some() {
        let mut plans = jobs.iter_mut().map(|job| &mut job.plan);
        plans.try_for_each(|plan| read_manifests(&context.workspace, plan))?;
    }
    let cluster = run.cluster.choice()?.resolve(backend, &context.workspace)?;
    cycle::check(&context, &jobs, run.on.backend)?;
    let request = build_request(&jobs, run.build.profile());
    let wanted = Wanted {
        commands: crate::build::commands(&context, &request)?,
        jobs: &jobs,
        not_run,
        backend,
        cluster: &cluster,
        profile: run.build.profile(),
        ready: run.ready_timeout,
        nextest: &nextest,
    };
    match arguments.format {
        PlanFormat::Json => print_json(&Preview::new(wanted))?,
        PlanFormat::Human => write_stdout(text::text(&Preview::new(wanted)).as_bytes()),
        PlanFormat::Yaml => {
            let objects = objects::objects(&context, &wanted, choice.url.as_ref())?;
            write_stdout(objects.as_bytes());
        }
    }
    Ok(Exit::Success)
}
