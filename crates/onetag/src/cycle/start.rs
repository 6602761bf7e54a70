//! Phases 0 to 2: minting the runs, then one build and their keepers at the
//! same time.

use std::time::Instant;

use anyhow::anyhow;

use super::Job;
use crate::backend::{Addresses, Keeper};
use crate::build::{Build, build};
use crate::context::Context;
use crate::gc::dead::sweep;
use crate::report::{PhaseFailed, Timeline, counted};
use crate::run::{MintedRun, mint};
use crate::suite::check_version;
use crate::workspace::validate_target_directory;

/// The runs of an invocation, and what was built for all of them.
pub(crate) struct Started<'a> {
    pub(crate) runs: Vec<StartedRun<'a>>,
    pub(crate) build: anyhow::Result<Build>,
    pub(crate) timeline: Timeline<'a>,
}

/// A run whose keeper holds its ports.
pub(crate) struct StartedRun<'a> {
    pub(crate) minted: MintedRun,
    pub(crate) job: &'a Job<'a>,
    pub(crate) keeper: anyhow::Result<(Keeper, Addresses)>,
}

/// Looks at everything that can be looked at before anything is made, and
/// clears up after runs that died.
pub(crate) fn check_machine(context: &Context) -> anyhow::Result<()> {
    validate_target_directory(&context.workspace.target_directory)?;
    check_version(context)?;
    sweep(context)
}

/// Mints a run for every suite, tells their names, builds for all of them in
/// one cargo call and starts their keepers meanwhile.
pub(crate) fn start<'a>(context: &'a Context, jobs: &'a [Job<'a>]) -> anyhow::Result<Started<'a>> {
    let mut timeline = Timeline::start(&context.ui);
    let minting = Instant::now();
    let mut minted = Vec::new();
    for job in jobs {
        let workspace = &context.workspace;
        minted.push(mint(
            &workspace.target_directory,
            &workspace.root,
            &job.suite.name,
            &context.interrupt,
        )?);
    }
    for (run, job) in minted.iter().zip(jobs) {
        context.ui.line(run.tag().to_string());
        for planned in job.plan.services() {
            context.ui.line(format!("  {}", run.reference(&planned.service)));
        }
    }
    timeline.record("mint", minting.elapsed(), counted(minted.len(), "run"));

    let ledgers: Vec<_> = minted.iter().map(MintedRun::ledger).collect();
    let (keepers, preparing, build) = std::thread::scope(|scope| {
        let keepers = scope.spawn(|| {
            let preparing = Instant::now();
            let keepers: Vec<_> = minted
                .iter()
                .zip(jobs)
                .map(|(run, job)| {
                    Keeper::start(run, &job.plan, |_| None)
                        .map_err(|error| error.context(PhaseFailed("prepare")))
                })
                .collect();
            (keepers, preparing.elapsed())
        });
        let build = timeline.loud_phase(
            "build",
            || build(context, &Job::build_request(jobs), &ledgers),
            |build| counted(build.services().count(), "service"),
        );
        match keepers.join() {
            Ok((keepers, preparing)) => (keepers, preparing, build),
            Err(_) => {
                let failed =
                    jobs.iter().map(|_| Err(anyhow!("the thread that starts keepers ended")));
                (failed.collect(), Default::default(), build)
            }
        }
    });
    timeline.record("prepare", preparing, "beside the build".to_owned());
    let runs = minted
        .into_iter()
        .zip(jobs)
        .zip(keepers)
        .map(|((minted, job), keeper)| StartedRun { minted, job, keeper })
        .collect();
    Ok(Started { runs, build, timeline })
}
