//! Phase 7 and the last words: diagnostics, teardown, report.

use camino::Utf8PathBuf;

use super::outcome::Outcome;
use super::{Job, Options};
use crate::backend::{Deployed, KeeperHandle, RunPlan};
use crate::build::Build;
use crate::context::{Context, shown};
use crate::cycle::diagnostics;
use crate::cycle::teardown::teardown;
use crate::error::{Attach as _, describe};
use crate::exit::Exit;
use crate::gc::finished::archive;
use crate::report::{Leftover, PhaseFailed, RunReport, ServiceReport, Timeline, summary};
use crate::run::ledger::Entry;
use crate::run::{MintedRun, RunFolder, write_json};

/// A run that is about to end.
pub(super) struct FinishedRun<'a> {
    pub(super) context: &'a Context,
    pub(super) run: &'a MintedRun,
    pub(super) job: &'a Job<'a>,
    pub(super) build: Option<&'a Build>,
    pub(super) keeper: Option<KeeperHandle>,
    pub(super) outcome: Outcome,
    pub(super) timeline: Timeline<'a>,
}

/// Ends a run in the way that was asked for, writes its report, and says where
/// the rest lies.
pub(super) fn finish(mut ending: FinishedRun<'_>, options: &Options) -> (Exit, RunReport) {
    let context = ending.context;
    let folder = ending.run.folder();
    // Also one that came when nobody waited for anything.
    if let Err(interrupted) = context.interrupt.check() {
        ending.outcome.fail(&interrupted.into());
    }
    tell_failure(&ending);
    let failed = ending.outcome.exit != Exit::Success;
    let interrupted = context.interrupt.check().is_err();
    let wanted = options.keep || (options.keep_on_failure && failed);
    let was_kept = ending.job.kept.is_some();
    // A run that never came up has nothing that could be worked with.
    let keep = was_kept || (wanted && !interrupted && folder.plan().exists());
    let (leftovers, lies_in) = if keep {
        if !was_kept && let Err(error) = keep_run(folder) {
            ending.outcome.fail(&error);
        }
        // The keeper goes on by itself from here.
        drop(ending.keeper.take());
        (Vec::new(), folder.path().to_owned())
    } else {
        end(&mut ending)
    };
    // Teardown goes on through signals, which are told all the same.
    if ending.outcome.exit == Exit::Success
        && let Err(interrupted) = context.interrupt.check()
    {
        context.ui.error(interrupted);
        ending.outcome.fail(&interrupted.into());
    }
    if wanted && !keep && !interrupted {
        context.ui.line("  not kept: its services were never ready together");
    }
    let report = report(&ending, keep, leftovers, lies_in.clone());
    let mut exit = ending.outcome.exit;
    let written = write_json(&folder.report(), &report);
    let archived = if lies_in == folder.path() { Ok(()) } else { archive(folder) };
    for done in [written, archived] {
        if let Err(error) = done {
            context.ui.error(describe(&error));
            exit = Exit::worst([exit, Exit::Failure]);
        }
    }
    context.ui.verdict(summary(&report, &shown(&lies_in)));
    if keep && options.goal.nextest().is_none_or(|_| !was_kept) {
        context.ui.line(kept_hint(&ending.job.suite.name, folder));
    }
    (exit, report)
}

/// From here on the run outlives the harness.
fn keep_run(folder: &RunFolder) -> anyhow::Result<()> {
    crate::run::ledger::Ledger::open(folder.path())?.write(&Entry::Kept)
}

/// How to go on with a kept run.
fn kept_hint(suite: &str, folder: &RunFolder) -> String {
    format!(
        "  kept: `cargo xtask test {suite}`, `up {suite}`, `down {suite}`\n  environment: {}",
        shown(&folder.environment())
    )
}

/// Says what failed and collects diagnostics, before anything is torn down.
fn tell_failure(ending: &FinishedRun<'_>) {
    let (context, outcome) = (ending.context, &ending.outcome);
    if let Some(error) = &outcome.error {
        context.ui.error(error);
    }
    if outcome.exit == Exit::Success {
        return;
    }
    let cause = outcome.error.as_deref().unwrap_or("tests failed");
    match diagnostics::collect(ending.run.folder(), cause) {
        Ok(ended) => ended
            .iter()
            .filter(|sentence| !cause.contains(sentence.as_str()))
            .for_each(|sentence| context.ui.verdict(format!("  {sentence}"))),
        Err(error) => {
            context.ui.error(format!("cannot collect diagnostics: {}", describe(&error)));
        }
    }
}

/// Tears the run down; returns what is left, and where its folder will lie.
fn end(ending: &mut FinishedRun<'_>) -> (Vec<Leftover>, Utf8PathBuf) {
    let folder = ending.run.folder();
    let interrupt = &ending.context.interrupt;
    let keeper = ending.keeper.take();
    let torn_down = ending.timeline.phase(
        "teardown",
        || {
            let leftovers = teardown(folder, interrupt)?;
            keeper.map_or(Ok(()), KeeperHandle::reap)?;
            Ok(leftovers)
        },
        |leftovers: &Vec<Leftover>| match leftovers.len() {
            0 => "nothing is left".to_owned(),
            some => format!("{some} left behind"),
        },
    );
    match torn_down {
        Ok(leftovers) => {
            if !leftovers.is_empty() {
                let error = anyhow::anyhow!("something of the run is left, see below")
                    .hint("nothing proves that it is the run's own, so it was left alone");
                ending.outcome.fail(&error.context(PhaseFailed("teardown")));
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
    kept: bool,
    leftovers: Vec<Leftover>,
    folder: Utf8PathBuf,
) -> RunReport {
    let (run, outcome) = (ending.run, &ending.outcome);
    // What was built and not deployed, as by a `test` that is refused, is not of it.
    let deployed = RunPlan::read(run.folder()).ok();
    let services = ending.job.plan.services().map(|planned| {
        let name = &planned.service.name;
        let deployed = deployed.as_ref().and_then(|plan| plan.services.get(name));
        let built = || ending.build?.service(name).ok().map(|built| *built.digests());
        ServiceReport {
            service: name.clone(),
            reference: deployed.map_or_else(
                || run.reference(&planned.service).to_string(),
                |deployed| deployed.reference.clone(),
            ),
            digests: deployed.map(|deployed| deployed.digests).or_else(built),
            url: deployed.and_then(Deployed::url),
        }
    });
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
        services: services.collect(),
        tests: outcome.tests.clone(),
        leftovers,
        folder,
    }
}
