//! `test`: runs a suite against its kept run, as often as one likes.

use anyhow::bail;

use super::{conclude, context, job, the_kept_run};
use crate::backend::RunPlan;
use crate::build::{Build, build};
use crate::cli::Test;
use crate::context::shown;
use crate::cycle::witness::witness;
use crate::cycle::{Job, check_machine, kept, select, still_the_same, test as run_tests};
use crate::exit::Exit;
use crate::gc::tidy;
use crate::phase::{Image, Running};
use crate::report::{RunReport, Timeline, counted, summary};
use crate::run::ledger::Ledger;
use crate::run::{MintedRun, Run, write_json};
use crate::suite::NextestArguments;

/// Runs the suite, unless what runs is not what would be built.
pub(crate) fn test(arguments: &Test) -> anyhow::Result<Exit> {
    conclude(arguments.format, report(arguments).map(|report| vec![report]))
}

fn report(arguments: &Test) -> anyhow::Result<(Exit, RunReport)> {
    let context = context()?;
    let nextest = NextestArguments::new(&arguments.nextest)?;
    let job = job(&context, &arguments.suite)?;
    check_machine(&context)?;
    let folder = the_kept_run(&context, &arguments.suite)?.folder;
    let plan = kept::read_plan(&folder)?;
    for service in plan.services.keys() {
        kept::living_replica(&folder, service, &job.suite.name)?;
    }
    let mut timeline = Timeline::start(&context.ui);
    let ledger = Ledger::open(folder.path())?;
    let build = timeline.loud_phase(
        "build",
        || build(&context, &Job::build_request(std::slice::from_ref(&job)), &[&ledger]),
        |build| counted(build.services().count(), "service"),
    )?;
    select(&context, job.suite, &build, &nextest, &mut timeline)?;
    let consumer = &job.suite.name;
    let reopened = MintedRun::reopen(folder.clone(), consumer, plan.generation, None)?;
    let (exit, tests) = reopened.enter(|run| {
        let images = timeline.phase(
            "witness",
            || refuse_what_is_stale(&run, &job, &build, &plan),
            |_| "what runs is what was built".to_owned(),
        )?;
        let tested = run_tests(&context, job.suite, &build, &nextest, &folder, &mut timeline)?;
        let after = timeline.phase(
            "witness",
            || still_the_same(&folder, images, &context.interrupt),
            |()| "once more".to_owned(),
        );
        match after {
            // The first failure decides.
            Err(error) if tested.0 != Exit::Success => context.ui.line(format!("{error:#}")),
            after => after?,
        }
        anyhow::Ok(tested)
    })?;
    let report = kept::report(&plan, &folder, &timeline, exit, tests);
    write_json(&folder.report(), &report)?;
    context.ui.line(summary(&report, &shown(folder.path())));
    tidy(&context.layout(), Some(&context.workspace), &context.ui);
    Ok((exit, report))
}

/// Every service runs the bytes that were built just now.
fn refuse_what_is_stale<'run>(
    run: &Run<'run>,
    job: &Job<'_>,
    build: &Build,
    plan: &RunPlan,
) -> anyhow::Result<Vec<Image<'run, Running>>> {
    let suite = &job.suite.name;
    let mut images = Vec::new();
    let mut stale = Vec::new();
    for planned in job.plan.services() {
        let name = &planned.service.name;
        match plan.services.get(name) {
            Some(deployed) if deployed.digests == *build.service(name)?.digests() => {
                let replica = kept::living_replica(run.folder(), name, suite)?;
                images.push(kept::resume(run, planned, build, plan, replica)?);
            }
            _ => stale.push(format!("`{name}`")),
        }
    }
    if !stale.is_empty() {
        bail!(
            "stale: {} of the kept run {} not what was built just now\nhint: cargo xtask up {suite}",
            stale.join(", "),
            if stale.len() == 1 { "is" } else { "are" },
        );
    }
    witness(run.folder(), &images)?;
    Ok(images)
}
