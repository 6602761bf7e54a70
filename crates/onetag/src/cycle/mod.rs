//! The cycle: takes a list of suites through the phases, one run each.
//!
//! `e2e`, `up` and `test` are this one cycle. They differ in where a run comes
//! from (it is minted, or it is kept) and in how far it goes ([`Goal`]).

mod after;
mod changes;
mod current;
mod deploy;
pub(crate) mod diagnostics;
pub(crate) mod environment;
mod finish;
mod outcome;
mod parallel;
mod phases;
mod returns;
mod start;
pub(crate) mod teardown;
pub(crate) mod witness;

pub(crate) use start::{build_request, check_machine};

use std::num::NonZero;
use std::time::{Duration, Instant};

use crate::backend::{
    BackendKind, ClusterChoice, RunPlan, check_externals, check_host_variables, check_replicas,
    read_manifests,
};
use crate::build::{check_containerfiles, check_files};
use crate::context::Context;
use crate::database::{self, DatabaseChoice};
use crate::exit::Exit;
use crate::gc::dead::RunEntry;
use crate::gc::sweep::sweep;
use crate::gc::tidy;
use crate::report::{RunReport, WAIT};
use crate::suite::{NextestArguments, Selection};
use crate::system::wait::at_most;
use crate::workspace::{Plan, Suite};

/// One suite, and what it deploys.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) plan: Plan,
    /// The run to go on with; none if a new one is minted.
    pub(crate) kept: Option<KeptRun>,
}

/// A kept run, as it was deployed last.
#[derive(Debug)]
pub(crate) struct KeptRun {
    pub(crate) entry: RunEntry,
    pub(crate) plan: RunPlan,
}

impl<'a> Job<'a> {
    /// Looks the suite up and plans what a new run of it deploys.
    ///
    /// # Errors
    ///
    /// When there is no such suite, or it selects no test.
    pub(crate) fn new(context: &'a Context, suite: &str) -> anyhow::Result<Job<'a>> {
        let suite = context.workspace.suite(suite)?;
        Ok(Job { suite, plan: context.workspace.plan(suite)?, kept: None })
    }

    /// Makes sure that the backend can run it, as far as metadata and programs of this
    /// machine tell.
    ///
    /// # Errors
    ///
    /// It lacks a program or an image of an external service, or cannot build an image or
    /// run several copies of a service.
    pub(crate) fn check_backend(&self, kind: BackendKind) -> anyhow::Result<()> {
        check_externals(&self.plan, kind)?;
        check_containerfiles(&self.plan, kind)?;
        check_replicas(&self.plan, kind)
    }
}

/// How far runs go.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// What a suite needs is deployed, or brought up to date, and kept; then tested, if
    /// there is something for nextest.
    Up(Option<NextestArguments>),
    /// It is deployed and tested.
    Tested(NextestArguments),
    /// What a kept run runs is tested; what is not up to date is refused.
    Retested(NextestArguments),
}

impl Goal {
    /// The verb that has it.
    fn verb(&self) -> &'static str {
        match self {
            Goal::Up(_) => "up",
            Goal::Tested(_) => "e2e",
            Goal::Retested(_) => "test",
        }
    }

    /// What nextest gets as well, if there are tests to run.
    fn nextest(&self) -> Option<&NextestArguments> {
        match self {
            Goal::Up(arguments) => arguments.as_ref(),
            Goal::Tested(arguments) | Goal::Retested(arguments) => Some(arguments),
        }
    }
}

/// What the caller wants of the runs.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) goal: Goal,
    pub(crate) keep: bool,
    pub(crate) keep_on_failure: bool,
    /// How many runs go on at the same time; none for what the machine allows.
    pub(crate) jobs: Option<NonZero<usize>>,
    /// How long a service may take to become ready.
    pub(crate) ready: Duration,
    /// The cargo profile of the services; none for `dev`.
    pub(crate) profile: Option<String>,
    /// Where images run; none for the default.
    pub(crate) backend: Option<BackendKind>,
    /// What services keep their state in.
    pub(crate) database: DatabaseChoice,
    /// Which cluster runs use, and how images get there.
    pub(crate) cluster: ClusterChoice,
}

/// Goes through one run for each job: one build for all of them, then several runs at the
/// same time. What becomes of one is nothing to the others; a signal ends all.
///
/// # Errors
///
/// When something is wrong before any run is minted. What goes wrong later stands
/// in the report of its run.
pub(crate) fn drive(
    context: &Context,
    mut jobs: Vec<Job<'_>>,
    options: &Options,
) -> anyhow::Result<Vec<(Exit, RunReport)>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let backend = options.backend.unwrap_or_default();
    database::choose(&context.workspace, &mut jobs, &options.database, backend)?;
    if backend.backend().cluster.is_some() {
        let mut plans = jobs.iter_mut().map(|job| &mut job.plan);
        plans.try_for_each(|plan| read_manifests(&context.workspace, plan))?;
    }
    let cluster = options.cluster.resolve(backend, &context.workspace)?;
    let (jobs, options) = (&jobs[..], &Options { cluster, ..options.clone() });
    check(context, jobs, options.backend)?;
    jobs.iter().try_for_each(|job| check_host_variables(&job.plan))?;
    sweep(&context.layout(), &context.interrupt, &context.ui)?;
    let default_jobs = || parallel::default_jobs(jobs, backend);
    let limit = options.jobs.map_or_else(default_jobs, NonZero::get).min(jobs.len());
    let start::Started { runs, build, timeline } = start::start(context, jobs, options, limit)?;
    let begun = Instant::now();
    let width = jobs.iter().map(|job| job.suite.name.len()).max().unwrap_or(0);
    let selection = build.as_ref().ok().zip(options.goal.nextest()).map(|(build, arguments)| {
        let suites = jobs.iter().map(|job| job.suite).collect();
        Selection::new(suites, &build.nextest, arguments)
    });
    let reports = at_most(limit, runs.into_iter().enumerate(), |(number, run)| {
        // Alone at a time, each has the terminal to itself.
        let ui = (limit > 1).then(|| context.ui.of_suite(&run.job.suite.name, width));
        let own = ui.map(|ui| Context { ui, ..context.clone() });
        let context = own.as_ref().unwrap_or(context);
        let mut timeline = timeline.of_suite(&context.ui);
        if number >= limit {
            timeline.record(WAIT, begun.elapsed(), "for other suites".to_owned());
        }
        let ended = phases::go(context, run, &build, selection.as_ref(), options, timeline);
        context.ui.print_block();
        ended
    });
    tidy(&context.layout(), Some(&context.workspace), &context.ui);
    Ok(reports)
}

/// Looks at everything that can be looked at before anything is made, but for variables of
/// the caller; changes nothing.
pub(crate) fn check(
    context: &Context,
    jobs: &[Job<'_>],
    backend: Option<BackendKind>,
) -> anyhow::Result<()> {
    let suites: Vec<_> = jobs.iter().map(|job| job.suite).collect();
    check_machine(context, &suites)?;
    for job in jobs {
        let kept = job.kept.as_ref().map(|kept| kept.plan.backend);
        job.check_backend(kept.or(backend).unwrap_or_default())?;
        check_files(context, job.plan.services().map(|planned| &planned.service))?;
    }
    Ok(())
}
