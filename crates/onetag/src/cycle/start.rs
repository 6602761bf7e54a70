//! Phases 0 to 2: minting the runs or taking up kept ones, then one build and
//! their keepers at the same time.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, anyhow};

use super::{Job, Options};
use crate::backend::{Addresses, Cluster, EarlyLoads, KeeperHandle, LoadSteps, Pinned, source_of};
use crate::build::{Build, BuildRequest, Compiled, WantedBy, build};
use crate::context::Context;
use crate::gc::dead::RunState;
use crate::report::{PhaseFailed, Timeline, counted};
use crate::run::{FileLock, MintedRun, RunFolder, mint};
use crate::suite::PROFILE;
use crate::system::signals::Interrupt;
use crate::system::wait::at_most;
use crate::workspace::{Suite, check_nextest_config, validate_target_directory};

/// The runs of an invocation, and what was built for all of them.
pub(super) struct Started<'a> {
    pub(super) runs: Vec<StartedRun<'a>>,
    pub(super) build: anyhow::Result<Build>,
    pub(super) timeline: Timeline<'a>,
}

/// A run whose keeper has prepared it.
pub(super) struct StartedRun<'a> {
    pub(super) minted: MintedRun,
    pub(super) job: &'a Job<'a>,
    pub(super) keeper: anyhow::Result<(KeeperHandle, Addresses)>,
    /// What its external services run, by service.
    pub(super) pinned: anyhow::Result<BTreeMap<String, Pinned>>,
    pub(super) early: EarlyLoads,
}

/// Looks at everything that can be looked at before anything is made; changes nothing.
pub(crate) fn check_machine(context: &Context, suites: &[&Suite]) -> anyhow::Result<()> {
    let workspace = &context.workspace;
    validate_target_directory(&workspace.target_directory)?;
    let warnings = check_nextest_config(workspace, PROFILE, suites)?;
    for warning in workspace.warnings().into_iter().chain(warnings) {
        context.ui.line(format!("warning: {warning}"));
    }
    context.nextest.check()
}

/// What is built for all jobs at once.
pub(crate) fn build_request<'a>(jobs: &'a [Job<'a>], profile: Option<String>) -> BuildRequest<'a> {
    let services = jobs.iter().flat_map(|job| job.plan.services()).map(|planned| &planned.service);
    // Once, however many runs need it.
    let services: BTreeMap<&str, _> =
        services.map(|service| (service.name.as_str(), service)).collect();
    BuildRequest {
        services: services.into_values().collect(),
        tests: jobs.iter().flat_map(|job| &job.suite.tests).collect(),
        profile,
    }
}

/// Enters a run for every job, tells their names, builds for all of them at once
/// and starts their keepers meanwhile, at most `limit` at once.
pub(super) fn start<'a>(
    context: &'a Context,
    jobs: &'a [Job<'a>],
    options: &Options,
    limit: usize,
) -> anyhow::Result<Started<'a>> {
    let mut timeline = Timeline::start(&context.ui);
    let mut entered = Vec::new();
    let minting = Instant::now();
    // Before anything is made.
    let cluster = match jobs.iter().any(|job| job.kept.is_none()) {
        true => options.cluster.find(options.backend.unwrap_or_default(), &context.workspace)?,
        false => None,
    };
    for job in jobs {
        entered.push(enter(context, job, options, cluster.as_ref())?);
    }
    if jobs.iter().any(|job| job.kept.is_none()) {
        timeline.record("mint", minting.elapsed(), counted(entered.len(), "run"));
    }

    let ledgers: Vec<_> = entered.iter().map(MintedRun::ledger).collect();
    let early = entered.iter().zip(jobs).enumerate().map(|(number, (minted, job))| {
        // In a kept run what changed has another name, and all that was built tells what did.
        if job.kept.is_some() || number >= limit {
            return (EarlyLoads::default(), None);
        }
        let (steps, loads) = EarlyLoads::begin(minted, &job.plan, &context.interrupt);
        (loads, Some(steps))
    });
    // Dropped in the opposite order: loads end when nobody tells them of more.
    let (early, steps): (Vec<EarlyLoads>, Vec<Option<LoadSteps>>) = early.unzip();
    let (keepers, preparing, build) = std::thread::scope(|scope| {
        let keepers = scope.spawn(|| {
            let preparing = Instant::now();
            let _activity = context.ui.activity("prepare");
            let runs = entered.iter().zip(jobs).zip(&steps);
            let keepers = at_most(limit, runs, |((minted, job), steps)| {
                let keeper = prepare(minted, job, options);
                if let (Ok(_), Some(steps)) = (&keeper, steps) {
                    steps.prepared();
                }
                (keeper.context(PhaseFailed("prepare")), pin(minted, job, &context.interrupt))
            });
            (keepers, preparing.elapsed())
        });
        let request = build_request(jobs, options.profile.clone());
        let wanted_by = entered.iter().zip(jobs).map(|(minted, job)| {
            let is_kept = job.kept.is_some();
            WantedBy { minted, plan: &job.plan, is_kept }
        });
        let wanted_by: Vec<_> = wanted_by.collect();
        let built = |compiled: &Compiled| {
            steps.iter().flatten().for_each(|steps| steps.built(compiled));
        };
        let build = timeline.loud_phase(
            "build",
            |_| build(context, &request, &ledgers, &built)?.with_images(context, &wanted_by),
            |build| counted(build.services().count(), "service"),
        );
        match keepers.join() {
            Ok((keepers, preparing)) => (keepers, preparing, build),
            Err(_) => {
                let ended = || anyhow!("the thread that starts keepers ended");
                let failed = jobs.iter().map(|_| (Err(ended()), Err(ended())));
                (failed.collect(), Default::default(), build)
            }
        }
    });
    let restarted = jobs.iter().zip(&keepers).any(|(job, (keeper, _))| {
        job.kept.is_some() && keeper.as_ref().is_ok_and(|(keeper, _)| keeper.is_new())
    });
    let summary = match restarted {
        true => "its keeper was gone and was started again",
        false => "beside the build",
    };
    timeline.record("prepare", preparing, summary.to_owned());
    let runs = entered.into_iter().zip(jobs).zip(keepers.into_iter().zip(early));
    let runs = runs.map(|((minted, job), ((keeper, pinned), early))| StartedRun {
        minted,
        job,
        keeper,
        pinned,
        early,
    });
    Ok(Started { runs: runs.collect(), build, timeline })
}

/// Phase 0: mints a run, or takes up a kept one.
fn enter(
    context: &Context,
    job: &Job<'_>,
    options: &Options,
    cluster: Option<&Cluster>,
) -> anyhow::Result<MintedRun> {
    let workspace = &context.workspace;
    let consumer = &job.suite.name;
    let backend = options.backend.unwrap_or_default();
    let Some(kept) = &job.kept else {
        let (target, root) = (&workspace.target_directory, &workspace.root);
        let minted = mint(target, root, consumer, backend, cluster, &context.interrupt)?;
        context.ui.line(minted.tag().to_string());
        for planned in job.plan.services() {
            let name = match planned.service.external() {
                Some(external) => source_of(external, backend),
                None => minted.reference(&planned.service).to_string(),
            };
            context.ui.line(format!("  {name}"));
        }
        return Ok(minted);
    };
    context.ui.line(format!("{} is kept", kept.plan.tag));
    let folder = kept.entry.folder.clone();
    let lock = match kept.entry.state {
        RunState::Orphaned => take_lock(&folder)?,
        _ => None,
    };
    MintedRun::reopen(folder, consumer, kept.plan.backend, kept.plan.generation, lock)
}

/// The lock of a run whose keeper was gone; none if another command has started it
/// again meanwhile.
fn take_lock(folder: &RunFolder) -> anyhow::Result<Option<FileLock>> {
    // Whoever looks at all runs has each lock for a moment.
    let _runs = folder.layout().lock_runs(&Interrupt::default())?;
    FileLock::try_take(&folder.lock())
}

/// Phase 2: the keeper of the run, and what it prepares.
fn prepare(
    minted: &MintedRun,
    job: &Job<'_>,
    options: &Options,
) -> anyhow::Result<(KeeperHandle, Addresses)> {
    let url = options.database.url.as_ref();
    match &job.kept {
        Some(_) if minted.lock().is_none() => KeeperHandle::attach(minted, &job.plan, url),
        _ => KeeperHandle::start(minted, &job.plan, url),
    }
}

/// What the external services of the run have to run.
fn pin(
    minted: &MintedRun,
    job: &Job<'_>,
    interrupt: &Interrupt,
) -> anyhow::Result<BTreeMap<String, Pinned>> {
    let (backend, folder) = (minted.backend(), minted.folder());
    let services = job.plan.services().map(|planned| &planned.service);
    let external = services.filter_map(|service| Some((service, service.external()?)));
    let pinned = external.map(|(service, external)| {
        let pinned = Pinned::find(service, external, backend, folder, interrupt)?;
        Ok((service.name.clone(), pinned))
    });
    pinned.collect::<anyhow::Result<_>>().context(PhaseFailed("prepare"))
}
