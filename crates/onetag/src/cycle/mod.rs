//! The driver: takes a list of suites through the phases, one run each.
//!
//! `e2e` goes through all of them; `up` stops before the tests and keeps the run.

mod after;
mod deploy;
pub(crate) mod diagnostics;
pub(crate) mod environment;
mod finish;
pub(crate) mod kept;
mod phases;
mod start;
pub(crate) mod teardown;
pub(crate) mod witness;

pub(crate) use after::still_the_same;
pub(crate) use deploy::run_plan;
pub(crate) use finish::kept_hint;
pub(crate) use phases::{select, test};
pub(crate) use start::check_machine;

use std::time::Duration;

use crate::build::BuildRequest;
use crate::context::Context;
use crate::exit::Exit;
use crate::gc::tidy;
use crate::report::RunReport;
use crate::suite::NextestArguments;
use crate::workspace::{Plan, Suite};

/// One suite, and what it deploys.
#[derive(Clone, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) plan: Plan,
}

impl<'a> Job<'a> {
    /// Looks the suite up and plans what it deploys.
    ///
    /// Errors: there is no such suite, or it selects no test.
    pub(crate) fn new(context: &'a Context, suite: &str) -> anyhow::Result<Job<'a>> {
        let suite = context.workspace.suite(suite)?;
        let plan = context.workspace.plan(suite)?;
        Ok(Job { suite, plan })
    }

    /// What has to be built for some jobs.
    pub(crate) fn build_request<'j>(jobs: &'j [Job<'_>]) -> BuildRequest<'j> {
        let services = jobs.iter().flat_map(|job| job.plan.services());
        BuildRequest {
            services: services.map(|planned| &planned.service).collect(),
            tests: jobs.iter().flat_map(|job| &job.suite.tests).collect(),
            profile: None,
        }
    }
}

/// What the caller wants of the runs.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Tests are run; else the run only comes up.
    pub(crate) test: Option<NextestArguments>,
    pub(crate) keep: bool,
    pub(crate) keep_on_failure: bool,
    /// How long a service may take to become ready.
    pub(crate) ready: Duration,
}

/// Goes through one run for each job: one build for all of them, then one run
/// after the other.
///
/// Errors: something is wrong before any run is minted. What goes wrong later
/// stands in the report of its run.
pub(crate) fn drive(
    context: &Context,
    jobs: &[Job<'_>],
    options: &Options,
) -> anyhow::Result<Vec<(Exit, RunReport)>> {
    check_machine(context)?;
    let start::Started { runs, build, timeline } = start::start(context, jobs)?;
    let reports = runs.into_iter().map(|started| {
        let start::StartedRun { minted, job, keeper } = started;
        let mut timeline = timeline.clone();
        minted.enter(|run| {
            let (keeper, outcome) = match (&build, keeper) {
                (Ok(build), Ok((keeper, addresses))) => {
                    let cycle = phases::Cycle { context, run: &run, job, build };
                    (Some(keeper), cycle.go(addresses, options, &mut timeline))
                }
                (Err(error), keeper) => {
                    (keeper.ok().map(|(keeper, _)| keeper), finish::Outcome::failed(error))
                }
                (Ok(_), Err(error)) => (None, finish::Outcome::failed(&error)),
            };
            let run = run.minted();
            let build = build.as_ref().ok();
            let ending =
                finish::FinishedRun { context, run, job, build, keeper, outcome, timeline };
            finish::finish(ending, options)
        })
    });
    let reports = reports.collect();
    tidy(&context.layout(), Some(&context.workspace), &context.ui);
    Ok(reports)
}
