//! Phases 3 to 6 of one run.

use super::after::still_the_same;
use super::deploy::{Up, deploy, run_plan};
use super::finish::Outcome;
use super::{Job, Options};
use crate::backend::{Addresses, Process};
use crate::build::Build;
use crate::context::Context;
use crate::cycle::environment;
use crate::cycle::witness::witness;
use crate::exit::Exit;
use crate::phase::{Image, Running};
use crate::report::{Tests, Timeline, counted};
use crate::run::Run;
use crate::suite::{self, NextestArguments};

/// What the phases of one run work with.
pub(super) struct Cycle<'a, 'run> {
    pub(super) context: &'a Context,
    pub(super) run: &'a Run<'run>,
    pub(super) job: &'a Job<'a>,
    pub(super) build: &'a Build,
}

impl<'run> Cycle<'_, 'run> {
    /// Takes what was built through load, deploy and witness to the verdict of
    /// the tests.
    pub(super) fn go(
        &self,
        addresses: Addresses,
        options: &Options,
        timeline: &mut Timeline<'_>,
    ) -> Outcome {
        if let Some(arguments) = &options.test
            && let Err(error) =
                select(self.context, self.job.suite, self.build, arguments, timeline)
        {
            return Outcome::failed(&error);
        }
        let images = match self.come_up(addresses, options, timeline) {
            Ok(images) => images,
            Err(error) => return Outcome::failed(&error),
        };
        let mut outcome = Outcome::default();
        let Some(arguments) = &options.test else {
            return outcome;
        };
        let (context, suite, folder) = (self.context, self.job.suite, self.run.folder());
        match test(context, suite, self.build, arguments, folder, timeline) {
            Ok((exit, tests)) => outcome.tested(exit, tests),
            Err(error) => return Outcome::failed(&error),
        }
        let again = timeline.phase(
            "witness",
            || still_the_same(folder, images, &context.interrupt),
            |()| "once more".to_owned(),
        );
        if let Err(error) = again {
            outcome.fail(&error);
        }
        outcome
    }

    fn come_up(
        &self,
        addresses: Addresses,
        options: &Options,
        timeline: &mut Timeline<'_>,
    ) -> anyhow::Result<Vec<Image<'run, Running>>> {
        let (run, folder) = (self.run, self.run.folder());
        let process = Process::new(run, addresses);
        let loaded = timeline.phase(
            "load",
            || {
                let images = self.job.plan.services().map(|planned| {
                    let compiled = self.build.service(&planned.service.name)?;
                    process.load(run.image(&planned.service).built(compiled)?)
                });
                images.collect::<anyhow::Result<Vec<_>>>()
            },
            |images| counted(images.len(), "image"),
        )?;
        let up: Vec<Up<'run>> = timeline.phase(
            "deploy",
            || deploy(self.context, &process, self.job, loaded, options.ready),
            |up| names(up.iter().map(|(image, _)| image)),
        )?;
        let plan = run_plan(run, up.iter().map(|(_, deployed)| deployed));
        let images: Vec<_> = up.into_iter().map(|(image, _)| image).collect();
        timeline.phase(
            "witness",
            || {
                plan.write(folder)?;
                witness(folder, &images)?;
                environment::write(folder, &plan)
            },
            |()| "what runs is what was built".to_owned(),
        )?;
        Ok(images)
    }
}

/// Makes sure that there is something to test before anything is deployed.
pub(crate) fn select(
    context: &Context,
    suite: &crate::workspace::Suite,
    build: &Build,
    arguments: &NextestArguments,
    timeline: &mut Timeline<'_>,
) -> anyhow::Result<usize> {
    timeline.phase(
        "select",
        || suite::select(context, suite, &build.nextest, arguments),
        |tests| counted(*tests, "test"),
    )
}

/// Phase 6: runs the suite against the run in `folder`.
pub(crate) fn test(
    context: &Context,
    suite: &crate::workspace::Suite,
    build: &Build,
    arguments: &NextestArguments,
    folder: &crate::run::RunFolder,
    timeline: &mut Timeline<'_>,
) -> anyhow::Result<(Exit, Option<Tests>)> {
    timeline.loud_phase(
        "test",
        || suite::run(context, suite, &build.nextest, arguments, folder),
        |(exit, tests)| match (exit, tests) {
            (Exit::Success, Some(tests)) => format!("{} passed", tests.passed),
            (_, Some(tests)) => format!("{} passed, {} failed", tests.passed, tests.failed),
            (exit, None) => format!("nextest ended with code {}", exit.code()),
        },
    )
}

fn names<'a, 'run: 'a>(images: impl Iterator<Item = &'a Image<'run, Running>>) -> String {
    images.map(|image| image.reference().service()).collect::<Vec<_>>().join(", ")
}
