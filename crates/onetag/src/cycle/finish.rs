//! Phase 7 and the last words: diagnostics, teardown, report.

use anyhow::anyhow;
use camino::Utf8PathBuf;

use super::outcome::Outcome;
use super::returns::{InUse, return_build_names, return_unused};
use super::{Goal, Job, Options};
use crate::backend::{Deployed, KeeperHandle, RunPlan, source_of};
use crate::build::{Build, Compiled};
use crate::context::{Context, shown};
use crate::cycle::diagnostics;
use crate::cycle::teardown::{left_behind, teardown};
use crate::error::describe;
use crate::exit::Exit;
use crate::gc::finished::archive;
use crate::report::{
    ExternalReport, KilledService, Leftover, PhaseFailed, RunReport, ServiceReport, Timeline,
    summary,
};
use crate::run::ledger::{Entry, Record};
use crate::run::{MintedRun, RunFolder, make_folder, remove, write_json};

/// A run that is about to end.
pub(super) struct FinishedRun<'a> {
    pub(super) context: &'a Context,
    pub(super) run: &'a MintedRun,
    pub(super) job: &'a Job<'a>,
    pub(super) build: Option<&'a Build>,
    pub(super) keeper: Option<KeeperHandle>,
    pub(super) outcome: Outcome,
    pub(super) timeline: Timeline<'a>,
    /// How many services had been killed before, in a kept run.
    pub(super) killed_before: usize,
}

/// Ends a run in the way that was asked for, writes its report, and says where
/// the rest lies.
pub(super) fn finish(mut ending: FinishedRun<'_>, options: &Options) -> (Exit, RunReport) {
    let context = ending.context;
    let removed = !ending.run.ledger().is_in_place();
    if removed {
        ending.outcome.fail_because(&removal(ending.run.folder()));
    }
    let folder = &if removed { salvage(&ending) } else { ending.run.folder().clone() };
    // Also one that came when nobody waited for anything.
    if let Err(interrupted) = context.interrupt.check() {
        ending.outcome.fail(&interrupted.into());
    }
    tell_failure(&ending, removed);
    let failed = ending.outcome.exit != Exit::Success;
    let interrupted = context.interrupt.check().is_err();
    let wanted = options.keep || (options.keep_on_failure && failed);
    let was_kept = ending.job.kept.is_some();
    // A run that never came up has nothing that could be worked with.
    let is_up = folder.plan().exists();
    let mut keep = !removed && (was_kept || (wanted && !interrupted && is_up));
    if keep
        && !was_kept
        && let Err(error) = ending.run.ledger().write(&Entry::Kept)
    {
        let error = error.context("the run cannot be kept");
        context.ui.error(describe(&error));
        ending.outcome.fail(&error);
        keep = false;
    }
    let (leftovers, lies_in) = if keep {
        let in_use = in_use(&ending, options);
        let build = ending.build.filter(|_| was_kept);
        let returned = return_unused(ending.run.ledger(), in_use)
            .and_then(|()| build.map_or(Ok(()), |build| return_build_names(ending.run, build)));
        if let Err(error) = returned {
            // The next command returns it.
            context.ui.line(format!("cannot return what is not used: {}", describe(&error)));
        }
        // The keeper goes on by itself from here.
        drop(ending.keeper.take());
        (Vec::new(), folder.path().to_owned())
    } else {
        end(&mut ending, folder)
    };
    // Teardown goes on through signals, which are told all the same.
    if ending.outcome.exit == Exit::Success
        && let Err(interrupted) = context.interrupt.check()
    {
        context.ui.error(interrupted);
        ending.outcome.fail(&interrupted.into());
    }
    if wanted && !is_up && !interrupted && !removed {
        context.ui.verdict("  not kept: its services were never ready together");
    }
    let killed = killed_services(folder).into_iter().skip(ending.killed_before).collect();
    let report = report(&ending, folder, keep, killed, leftovers, lies_in.clone());
    let mut exit = ending.outcome.exit;
    let written = write_json(&folder.report(), &report);
    let archived = match keep || removed || lies_in == folder.path() {
        true => Ok(()),
        false => archive(folder),
    };
    for done in [written, archived] {
        if let Err(error) = done {
            context.ui.error(describe(&error));
            exit = Exit::worst([exit, Exit::Failure]);
        }
    }
    context.ui.verdict(summary(&report, &shown(&lies_in)));
    if keep && options.goal.nextest().is_none_or(|_| !was_kept) {
        let suite = &ending.job.suite.name;
        let verbs = format!("`cargo xtask test {suite}`, `up {suite}`, `down {suite}`");
        // Whoever asked for little has to know that something runs on.
        context.ui.verdict(format!("  kept: {verbs}"));
        if folder.environment().exists() {
            context.ui.line(format!("  environment: {}", shown(&folder.environment())));
        }
    }
    (exit, report)
}

/// What the run has deployed now.
fn in_use<'a>(ending: &FinishedRun<'a>, options: &Options) -> InUse<'a> {
    match (ending.build, ending.outcome.failed_phase, &options.goal) {
        (_, _, Goal::Retested(_)) => InUse::Before,
        (Some(build), None | Some("test"), _) => InUse::Built(build),
        (_, Some("build" | "prepare" | "select"), _) => InUse::Before,
        _ => InUse::Unknown,
    }
}

/// The error of a run whose folder is not there any more.
fn removal(folder: &RunFolder) -> anyhow::Error {
    match folder.layout().finished_run(folder.run_id()).path().exists() {
        true => anyhow!("another command has ended run {}", folder.run_id()),
        false => anyhow!("{} was removed while the run was under way", folder.path()),
    }
}

/// Gives a run whose folder was removed another one, among those that are over, with
/// its ledger, from which it is torn down.
fn salvage(ending: &FinishedRun<'_>) -> RunFolder {
    let before = ending.run.folder();
    let folder = before.layout().finished_run(before.run_id());
    // Ended by another command: it has its ledger.
    if !folder.path().exists() {
        let copied =
            make_folder(folder.path()).and_then(|()| ending.run.ledger().copy_to(folder.path()));
        if let Err(error) = copied {
            ending.context.ui.error(describe(&error));
        }
        // What was written there since is of no run.
        let _ = remove(before.path());
    }
    folder
}

/// The services of a run that did not end when they were asked to, over all its
/// generations.
pub(super) fn killed_services(folder: &RunFolder) -> Vec<KilledService> {
    // A ledger that cannot be read is told by whoever looks for leftovers.
    Record::read(folder.path()).unwrap_or_default().killed()
}

/// Says what failed and collects diagnostics, before anything is torn down.
fn tell_failure(ending: &FinishedRun<'_>, removed: bool) {
    let (context, outcome) = (ending.context, &ending.outcome);
    if let Some(error) = &outcome.error {
        context.ui.error(error);
    }
    if outcome.exit == Exit::Success || removed {
        return;
    }
    let cause = outcome.error.as_deref().unwrap_or("tests failed");
    match diagnostics::collect(ending.run.folder(), cause) {
        Ok(ended) => ended
            .iter()
            .filter(|[sentence, _]| !cause.contains(sentence.as_str()))
            .for_each(|[sentence, log]| {
                context.ui.verdict(format!("  {sentence}{}", log.replace('\n', "\n  ")));
            }),
        Err(error) => {
            context.ui.error(format!("cannot collect diagnostics: {}", describe(&error)));
        }
    }
}

/// Tears the run down; returns what is left, and where its folder will lie.
fn end(ending: &mut FinishedRun<'_>, folder: &RunFolder) -> (Vec<Leftover>, Utf8PathBuf) {
    let interrupt = &ending.context.interrupt;
    let keeper = ending.keeper.take();
    let torn_down = ending.timeline.phase(
        "teardown",
        || {
            let leftovers = teardown(folder, interrupt);
            keeper.map_or(Ok(()), KeeperHandle::reap)?;
            leftovers
        },
        |leftovers: &Vec<Leftover>| match leftovers.len() {
            0 => "nothing is left".to_owned(),
            some => format!("{some} left behind"),
        },
    );
    match torn_down {
        Ok(leftovers) => {
            if !leftovers.is_empty() {
                let error = left_behind(&leftovers).context(PhaseFailed("teardown"));
                ending.context.ui.error(describe(&error));
                ending.outcome.fail(&error);
            }
            let finished = folder.layout().finished_run(folder.run_id());
            (leftovers, finished.path().to_owned())
        }
        Err(error) => {
            ending.context.ui.error(describe(&error));
            ending.outcome.fail(&error);
            let left = Leftover { kind: "folder", name: folder.path().to_string() };
            (vec![left], folder.path().to_owned())
        }
    }
}

fn report(
    ending: &FinishedRun<'_>,
    folder: &RunFolder,
    kept: bool,
    killed: Vec<KilledService>,
    leftovers: Vec<Leftover>,
    lies_in: Utf8PathBuf,
) -> RunReport {
    let (run, outcome) = (ending.run, &ending.outcome);
    // What was built and not deployed, as by a `test` that is refused, is not of it.
    let deployed = RunPlan::read(folder).ok();
    let (mut services, mut externals) = (Vec::new(), Vec::new());
    for service in ending.job.plan.services().map(|planned| &planned.service) {
        let name = &service.name;
        let deployed = deployed.as_ref().and_then(|plan| plan.services.get(name));
        let reference = deployed.map(|deployed| deployed.reference.clone());
        let url = deployed.and_then(Deployed::url);
        let digests = deployed.map(|deployed| deployed.digests);
        if let Some(external) = service.external() {
            externals.push(ExternalReport {
                external: name.clone(),
                image: reference.unwrap_or_else(|| source_of(external, run.backend())),
                version: deployed.and_then(|deployed| deployed.version.clone()),
                digest: digests.map(|digests| digests.shown()),
                url,
            });
            continue;
        }
        let built = || ending.build?.service(name).ok().map(Compiled::digests);
        services.push(ServiceReport {
            service: name.clone(),
            reference: reference.unwrap_or_else(|| run.reference(service).to_string()),
            digests: digests.or_else(built),
            url,
        });
    }
    RunReport {
        run_id: run.folder().run_id(),
        tag: deployed.as_ref().map_or_else(|| run.tag().to_string(), |plan| plan.tag.clone()),
        consumer: ending.job.suite.name.clone(),
        backend: run.backend(),
        exit: outcome.exit.code(),
        failed_phase: outcome.failed_phase.map(str::to_owned),
        error: outcome.error.clone(),
        kept,
        seconds: ending.timeline.elapsed().as_secs_f64(),
        phases: ending.timeline.phases().to_vec(),
        services,
        externals,
        tests: outcome.tests.clone(),
        killed,
        leftovers,
        folder: lies_in,
    }
}
