//! Phases 3 to 6 of one run.

use anyhow::Context as _;
use onetag_control::Capability;

use super::after::still_the_same;
use super::changes::Changes;
use super::current::{Cycle, Images};
use super::deploy::{deploy, load};
use super::finish::{FinishedRun, finish, killed_services};
use super::outcome::Outcome;
use super::start::StartedRun;
use super::witness::witness;
use super::{Goal, Job, KeptRun, Options, environment};
use crate::backend::{Addresses, EarlyLoads, RunBackend, RunPlan};
use crate::build::Build;
use crate::context::Context;
use crate::error::Attach as _;
use crate::exit::Exit;
use crate::keeper::Turn;
use crate::phase::{Image, Running};
use crate::report::{PhaseFailed, RunReport, Timeline, counted, waiting_for};
use crate::run::RunFolder;
use crate::suite::{self, RunLost, Selection};
use crate::workspace::{DATABASE_SERVER, DatabaseKind};

/// Takes a run whose keeper is there through the phases to its end.
pub(super) fn go(
    context: &Context,
    started: StartedRun<'_>,
    build: &anyhow::Result<Build>,
    selection: Option<&Selection<'_>>,
    options: &Options,
    mut timeline: Timeline<'_>,
) -> (Exit, RunReport) {
    let StartedRun { minted, job, keeper, pinned, early } = started;
    let killed_before = killed_services(minted.folder()).len();
    let (minted, early) = match build {
        // A reference never names two digests, and cargo built something once more.
        Ok(build) if !early.are_of(build) => {
            // They are over before others begin.
            drop(early);
            let minted = minted.with_generation(2);
            let tag = minted.tag();
            context.ui.line(format!("{tag}, since images were loaded that cargo built once more"));
            (minted, EarlyLoads::default())
        }
        _ => (minted, early),
    };
    let (keeper, addresses) = match keeper {
        Ok((keeper, addresses)) => (Some(keeper), Ok(addresses)),
        Err(error) => (None, Err(error)),
    };
    let (addresses, current) = match addresses {
        Ok(addresses) if build.is_ok() => match taken_up(context, minted.folder(), job, options) {
            Ok(current) => (Ok(addresses), current),
            Err(error) => (Err(error), None),
        },
        addresses => (addresses, None),
    };
    let job = current.as_ref().unwrap_or(job);
    let ready = match build {
        Err(error) => Err(Outcome::failed(error)),
        Ok(build) => addresses
            .and_then(|addresses| {
                let images = Images { build, pinned: pinned? };
                let changes = Changes::find(&minted, job, &images)?;
                Ok((images, addresses, changes))
            })
            .map_err(|error| Outcome::failed(&error)),
    };
    let minted = match (&ready, &job.kept) {
        (Ok((_, _, changes)), Some(kept)) => minted.with_generation(changes.generation(&kept.plan)),
        _ => minted,
    };
    minted.enter(|run| {
        let outcome = match ready {
            Err(outcome) => {
                drop(early);
                outcome
            }
            Ok((images, addresses, changes)) => {
                let cycle = Cycle { context, run: &run, job, images, selection, changes };
                cycle.go(addresses, early, options, &mut timeline)
            }
        };
        let build = build.as_ref().ok();
        let run = run.minted();
        let ending =
            FinishedRun { context, run, job, build, keeper, outcome, timeline, killed_before };
        finish(ending, options)
    })
}

/// Waits until no other command tests or changes a kept run; returns it as it is then.
fn taken_up<'a>(
    context: &Context,
    folder: &RunFolder,
    job: &Job<'a>,
    options: &Options,
) -> anyhow::Result<Option<Job<'a>>> {
    let Some(kept) = &job.kept else { return Ok(None) };
    let waiting = |by: &str| context.ui.line(waiting_for(by));
    Turn::own(options.goal.verb())?
        .wait(folder, &context.interrupt, waiting)
        .and_then(|()| RunPlan::read(folder))
        .context(PhaseFailed("prepare"))
        .map(|plan| {
            let kept = Some(KeptRun { entry: kept.entry.clone(), plan });
            Some(Job { suite: job.suite, plan: job.plan.clone(), kept })
        })
}

impl<'run> Cycle<'_, 'run> {
    /// Takes what was built through load, deploy and witness to the verdict of the
    /// tests.
    fn go(
        &self,
        addresses: Addresses,
        early: EarlyLoads,
        options: &Options,
        timeline: &mut Timeline<'_>,
    ) -> Outcome {
        self.tested(addresses, early, options, timeline)
            .unwrap_or_else(|error| Outcome::failed(&error))
    }

    fn tested(
        &self,
        addresses: Addresses,
        early: EarlyLoads,
        options: &Options,
        timeline: &mut Timeline<'_>,
    ) -> anyhow::Result<Outcome> {
        let (context, suite, inputs) = (self.context, self.job.suite, &self.images.build.nextest);
        // It may have waited for other suites when that came.
        context.interrupt.check()?;
        if let Some(selection) = self.selection {
            // Nothing is deployed for no test.
            let count = || selection.count(context, suite);
            timeline.phase("select", count, |tests| counted(*tests, "test"))?;
        }
        let backend = RunBackend::new(self.run, addresses).with_early_loads(early);
        let images = self.running(&backend, options, timeline)?;
        let mut outcome = Outcome::default();
        let Some(arguments) = options.goal.nextest() else {
            return Ok(outcome);
        };
        let folder = self.run.folder();
        let tested = timeline.loud_phase(
            "test",
            |activity| suite::run(context, suite, inputs, arguments, folder, activity),
            |(exit, tests)| match (exit, tests) {
                (Exit::Success, Some(tests)) => format!("{} passed", tests.passed),
                (_, Some(tests)) => format!("{} passed, {} failed", tests.passed, tests.failed),
                (exit, None) => format!("nextest ended with code {}", exit.code()),
            },
        );
        let (exit, tests) = tested.map_err(|error| {
            let is_lost = error.downcast_ref() == Some(&RunLost::Keeper);
            let keeps = self.job.kept.is_some() || options.keep || options.keep_on_failure;
            match is_lost && keeps {
                true => error.hint(format!("cargo xtask up {}", suite.name)),
                false => error,
            }
        })?;
        outcome.tested(exit, tests);
        let again = timeline.phase(
            "witness",
            || still_the_same(self.run, &backend, &images, context),
            |()| "once more".to_owned(),
        );
        if let Err(error) = again {
            outcome.fail(&error);
        }
        Ok(outcome)
    }

    /// Brings everything up and proves that it is what was built.
    fn running(
        &self,
        backend: &RunBackend<'run>,
        options: &Options,
        timeline: &mut Timeline<'_>,
    ) -> anyhow::Result<Vec<Image<'run, Running>>> {
        let folder = self.run.folder();
        if let Goal::Retested(_) = options.goal {
            let suite = &self.job.suite.name;
            let verdict = || {
                self.changes.refuse_stale(suite)?;
                let images = deploy(self, backend, load(self, backend)?, options)?;
                witness(self.run, backend, &images)?;
                Ok(images)
            };
            return timeline.phase("witness", verdict, |_| PROVEN.to_owned());
        }
        if !self.changes.are_none() {
            // Until the witness has seen what runs, nobody tests it.
            environment::remove(folder)?;
        }
        if let Some(kept) = &self.job.kept {
            // Before anything is deployed: should it fail, the name of this
            // generation is used up, since a reference never names two digests.
            let generation = self.run.tag().generation();
            RunPlan { generation, ..kept.plan.clone() }.write(folder)?;
        }
        let loaded = timeline.phase(
            "load",
            || load(self, backend),
            |images| counted(images.len(), "image"),
        )?;
        let images = timeline.phase(
            "deploy",
            || deploy(self, backend, loaded, options),
            |images| match &self.job.kept {
                Some(_) => self.changes.summary(),
                None => names(images),
            },
        )?;
        let proof = || {
            let plan = self.plan(&images, options);
            plan.write(folder)?;
            witness(self.run, backend, &images)?;
            environment::write(folder, &plan, self.capabilities(backend))
        };
        timeline.phase("witness", proof, |()| PROVEN.to_owned())?;
        Ok(images)
    }

    /// What suites can ask for: of what the backend can do, what the services have.
    fn capabilities<'a>(&self, backend: &'a RunBackend<'run>) -> impl Iterator<Item = &'a String> {
        let plan = &self.job.plan;
        // A server that somebody named is not the run's to stop.
        let has_database =
            plan.uses(DatabaseKind::Sqlite) || plan.service(DATABASE_SERVER).is_some();
        let outage = Capability::DatabaseOutage.as_str();
        backend.capabilities().filter(move |capability| *capability != outage || has_database)
    }

    /// The record of what runs.
    fn plan(&self, images: &[Image<'run, Running>], options: &Options) -> RunPlan {
        let tag = self.run.tag();
        RunPlan {
            version: RunPlan::VERSION,
            run_id: tag.run_id(),
            consumer: tag.consumer().to_owned(),
            tag: tag.to_string(),
            generation: tag.generation(),
            backend: self.run.minted().backend(),
            profile: options.profile.clone(),
            database: options.database.clone(),
            cluster: options.cluster.clone(),
            services: images
                .iter()
                .map(|image| (image.reference().service().to_owned(), image.deployed().clone()))
                .collect(),
        }
    }
}

/// What a witness without objections proves.
const PROVEN: &str = "what runs is what was built";

fn names(images: &[Image<'_, Running>]) -> String {
    images.iter().map(|image| image.reference().service()).collect::<Vec<_>>().join(", ")
}
