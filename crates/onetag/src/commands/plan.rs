//! `plan`: what `e2e` would do. It makes nothing and takes no lock.

mod document;
mod text;

use std::time::Duration;

use clap::Args;

use super::{BuildOptions, Format, On, Suites, context, print_json};
use crate::backend::check_externals;
use crate::build::check_files;
use crate::cycle::{build_request, check_machine};
use crate::exit::Exit;
use crate::report::{Ui, write_stdout};
use crate::suite::NextestArguments;
use document::{Preview, Wanted};

/// Show what `e2e` would do, with names, order and waits; changes nothing
#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    suites: Suites,
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

/// Prints what `e2e` would do with the same arguments: data, hence on stdout.
///
/// What `e2e` refuses before it makes anything is refused here as well, but for a
/// variable of the caller that is not set: that is shown.
pub(crate) fn plan(arguments: &Plan, ui: Ui) -> anyhow::Result<Exit> {
    let context = context(ui)?;
    let nextest = NextestArguments::new(&arguments.nextest)?;
    let jobs = arguments.suites.jobs(&context)?;
    let suites: Vec<_> = jobs.iter().map(|job| job.suite).collect();
    check_machine(&context, &suites)?;
    let backend = arguments.on.backend.unwrap_or_default();
    for job in &jobs {
        check_externals(&job.plan, backend)?;
        check_files(&context, job.plan.services().map(|planned| &planned.service))?;
    }
    let request = build_request(&jobs, arguments.build.profile());
    let preview = Preview::new(&Wanted {
        commands: crate::build::commands(&context, &request)?,
        jobs: &jobs,
        backend,
        profile: arguments.build.profile(),
        ready: arguments.ready_timeout,
        nextest: &nextest,
    });
    match arguments.build.format {
        Format::Json => print_json(&preview)?,
        Format::Human => write_stdout(text::text(&preview).as_bytes()),
    }
    Ok(Exit::Success)
}
