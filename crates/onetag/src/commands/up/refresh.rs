//! Bringing a kept run up to date.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;

use crate::backend::{Addresses, Deployed, Keeper, Process, RunPlan, lease, variables};
use crate::build::{Build, build};
use crate::context::{Context, shown};
use crate::cycle::witness::witness;
use crate::cycle::{Job, check_machine, kept, kept_hint, run_plan};
use crate::exit::Exit;
use crate::gc::dead::{RunEntry, RunState};
use crate::gc::tidy;
use crate::keeper::{Attachment, Client};
use crate::phase::{Image, Running};
use crate::report::{RunReport, Timeline, counted, summary};
use crate::run::ledger::Ledger;
use crate::run::{FileLock, MintedRun, Run, RunFolder, write_json};
use crate::system::signals::Interrupt;
use crate::workspace::PlannedService;

/// What has to be done for one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// It runs what was built.
    None,
    /// It runs no more; what was built is the same.
    Died,
    /// Its bytes or its variables are others, or it is new.
    Replaced,
}

/// Builds, and replaces in the kept run what is not as it was built.
///
/// A service that is replaced keeps its address and its data, and gets the name
/// of the next generation; what did not change runs on under its old name.
pub(super) fn refresh(
    context: &Context,
    job: &Job<'_>,
    found: RunEntry,
    ready: Duration,
) -> anyhow::Result<RunReport> {
    check_machine(context)?;
    let folder = found.folder;
    let before = kept::read_plan(&folder)?;
    let mut timeline = Timeline::start(&context.ui);
    context.ui.line(format!("{} is kept", before.tag));
    // Two `up` at the same time would replace each other's services.
    let work = folder.path().join("work.lock");
    let _work = FileLock::take(&work, ready, &context.interrupt, || {
        context.ui.line("waiting for another command to finish with this run");
    })?;
    let ledger = Ledger::open(folder.path())?;
    let build = timeline.loud_phase(
        "build",
        || build(context, &Job::build_request(std::slice::from_ref(job)), &[&ledger]),
        |build| counted(build.services().count(), "service"),
    )?;
    let (_tie, addresses) = timeline.phase(
        "prepare",
        || tie(&folder, &before, job, found.life),
        |(tie, _)| tie.told().to_owned(),
    )?;
    let changes = changes(&folder, &before, job, &build)?;
    let replaced = changes.values().any(|change| *change == Change::Replaced);
    let generation = before.generation + u32::from(replaced);
    if changes.values().any(|change| *change != Change::None) {
        // Until the witness has seen what runs, nobody tests it.
        crate::cycle::environment::remove(&folder)?;
    }
    // Before anything is deployed: should it fail, the name of this generation is
    // used up, since a reference never names two digests.
    RunPlan { generation, ..before.clone() }.write(&folder)?;
    let reopened = MintedRun::reopen(folder.clone(), &job.suite.name, generation, None)?;
    reopened.enter(|run| {
        let refresh = Refresh { context, job, build: &build, before: &before, changes, ready };
        refresh.go(&run, addresses, &mut timeline)
    })
}

/// The tie to the keeper while this command works.
#[derive(Debug)]
enum Tie {
    Attached(#[expect(dead_code, reason = "it is its end that counts")] Attachment),
    Started(#[expect(dead_code, reason = "it is its end that counts")] Keeper),
}

impl Tie {
    fn told(&self) -> &'static str {
        match self {
            Tie::Attached(_) => "its keeper is there",
            Tie::Started(_) => "its keeper was gone and was started again",
        }
    }
}

/// Attaches to the keeper, or starts one where the keeper died.
fn tie(
    folder: &RunFolder,
    before: &RunPlan,
    job: &Job<'_>,
    life: RunState,
) -> anyhow::Result<(Tie, Addresses)> {
    let port = |service: &str| before.services.get(service).map(|deployed| deployed.port);
    if life == RunState::Kept {
        let attachment = Client::connect(folder)?.attach()?;
        return Ok((Tie::Attached(attachment), lease(folder, &job.plan, port)?));
    }
    let lock = {
        // Whoever looks at all runs has each lock for a moment.
        let _runs = folder.layout().lock_runs(&Interrupt::default())?;
        FileLock::try_take(&folder.lock())?.context("another command works on this run")?
    };
    let consumer = &job.suite.name;
    let reopened = MintedRun::reopen(folder.clone(), consumer, before.generation, Some(lock))?;
    let (keeper, addresses) = Keeper::start(&reopened, &job.plan, port)?;
    Ok((Tie::Started(keeper), addresses))
}

fn changes(
    folder: &RunFolder,
    before: &RunPlan,
    job: &Job<'_>,
    build: &Build,
) -> anyhow::Result<BTreeMap<String, Change>> {
    let mut changes = BTreeMap::new();
    for planned in job.plan.services() {
        let name = &planned.service.name;
        let current = match before.services.get(name) {
            Some(deployed) => is_current(planned, deployed, build)?,
            None => false,
        };
        let stored = before.services.get(name).map(|deployed| &deployed.stored);
        let change = match (current, Process::replica(folder, name)?, stored) {
            // After an `up` that failed, something else may run.
            (true, Some(replica), Some(stored)) if Process::executes(&replica, stored) => {
                Change::None
            }
            (true, None, _) => Change::Died,
            _ => Change::Replaced,
        };
        changes.insert(name.clone(), change);
    }
    Ok(changes)
}

/// Whether a service would be deployed now as it was then.
fn is_current(
    planned: &PlannedService,
    deployed: &Deployed,
    build: &Build,
) -> anyhow::Result<bool> {
    Ok(*build.service(&planned.service.name)?.digests() == deployed.digests
        && planned.service.ready == deployed.ready
        && variables(planned) == deployed.variables)
}

struct Refresh<'a> {
    context: &'a Context,
    job: &'a Job<'a>,
    build: &'a Build,
    before: &'a RunPlan,
    changes: BTreeMap<String, Change>,
    ready: Duration,
}

impl Refresh<'_> {
    fn go(
        &self,
        run: &Run<'_>,
        addresses: Addresses,
        timeline: &mut Timeline<'_>,
    ) -> anyhow::Result<RunReport> {
        let process = Process::new(run, addresses);
        let up = timeline.phase("deploy", || self.deploy(run, &process), |_| self.told())?;
        let plan = run_plan(run, up.iter().map(|(_, deployed)| deployed));
        let images: Vec<_> = up.into_iter().map(|(image, _)| image).collect();
        let folder = run.folder();
        timeline.phase(
            "witness",
            || {
                plan.write(folder)?;
                witness(folder, &images)?;
                crate::cycle::environment::write(folder, &plan)
            },
            |()| "what runs is what was built".to_owned(),
        )?;
        let report = kept::report(&plan, folder, timeline, Exit::Success, None);
        write_json(&folder.report(), &report)?;
        self.context.ui.line(summary(&report, &shown(folder.path())));
        self.context.ui.line(kept_hint(&self.job.suite.name, folder));
        tidy(&self.context.layout(), Some(&self.context.workspace), &self.context.ui);
        Ok(report)
    }

    /// Stops what is to be replaced, dependents first, and then starts what does
    /// not run, in dependency order.
    fn deploy<'run>(
        &self,
        run: &Run<'run>,
        process: &Process<'run>,
    ) -> anyhow::Result<Vec<(Image<'run, Running>, Deployed)>> {
        let gone = |name: &&String| self.job.plan.service(name).is_none();
        for name in self.before.services.keys().filter(gone) {
            process.stop(name)?;
        }
        for planned in self.job.plan.services().rev() {
            if self.changes.get(&planned.service.name) == Some(&Change::Replaced) {
                process.stop(&planned.service.name)?;
            }
        }
        self.job.plan.services().map(|planned| self.deploy_one(run, process, planned)).collect()
    }

    fn deploy_one<'run>(
        &self,
        run: &Run<'run>,
        process: &Process<'run>,
        planned: &PlannedService,
    ) -> anyhow::Result<(Image<'run, Running>, Deployed)> {
        let name = &planned.service.name;
        let interrupt = &self.context.interrupt;
        let change = self.changes.get(name).copied().unwrap_or(Change::Replaced);
        let (replica, deployed) = match (change, self.before.services.get(name)) {
            (Change::None, Some(deployed)) => {
                (kept::living_replica(run.folder(), name, &self.job.suite.name)?, deployed)
            }
            (Change::Died, Some(deployed)) => {
                (process.start(deployed, self.ready, interrupt)?, deployed)
            }
            _ => {
                let compiled = self.build.service(name)?;
                let loaded = process.load(run.image(&planned.service).built(compiled)?)?;
                return process.deploy(loaded, planned, self.ready, interrupt);
            }
        };
        let image = kept::resume(run, planned, self.build, self.before, replica)?;
        Ok((image, deployed.clone()))
    }

    fn told(&self) -> String {
        let of = |change: Change| {
            let names = self.changes.iter().filter(|(_, is)| **is == change);
            names.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let parts = [
            ("replaced", of(Change::Replaced)),
            ("started again", of(Change::Died)),
            ("unchanged", of(Change::None)),
        ];
        let told = parts.iter().filter(|(_, names)| !names.is_empty());
        told.map(|(what, names)| format!("{what}: {names}")).collect::<Vec<_>>().join("; ")
    }
}
