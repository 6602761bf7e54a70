//! `gc`: clears up after dead runs, and lets go of what is old.

mod report;

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;

use super::{Format, print_json};
use crate::backend::{BackendKind, Sweep, SweptObject, Verdict};
use crate::context::here;
use crate::cycle::teardown::size_of_what_goes;
use crate::exit::Exit;
use crate::gc::dead::{self, RunState};
use crate::gc::executables::{self, UnusedPath};
use crate::gc::sweep::sweep;
use crate::gc::{finished, size};
use crate::report::{Ui, write_stdout};
use crate::run::{Layout, RunId};
use crate::system::signals::Interrupt;
use crate::system::wait::bounded;
use crate::workspace::Workspace;
use report::{GcReport, Item};

/// Clear up after runs that died, and let go of what is old; leaves runs that go on alone
#[derive(Debug, Args)]
pub(crate) struct Gc {
    /// Let go of finished runs that began longer ago than this; else the last 20 stay, up
    /// to 512 MiB together
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    older_than: Option<Duration>,
    /// Delete the workspace's cluster of kind as well, unless a run uses it
    #[arg(long)]
    clusters: bool,
    /// Only show what would go
    #[arg(long)]
    dry_run: bool,
    /// What goes to stdout: lines, or one JSON document
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Lets go of all that no run refers to any more, and prints what that was to stdout.
///
/// A workspace that has become invalid is no reason to keep it: then only what it knows
/// of its own services and suites stays.
pub(crate) fn gc(arguments: &Gc, ui: &Ui) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen()?;
    let place = crate::workspace::locate(&here()?, &interrupt)?;
    let workspace = crate::workspace::load(&here()?, &interrupt)
        .inspect_err(|error| ui.line(format!("warning: the workspace cannot be read: {error:#}")))
        .ok();
    let mut collection = Collection {
        arguments,
        layout: Layout::below(&place.target_directory),
        workspace,
        interrupt,
        report: GcReport::new(arguments.dry_run),
    };
    let collected = collection.collect();
    // What was removed by then is told in any case.
    let report = collection.report;
    match arguments.format {
        Format::Json => print_json(&report)?,
        Format::Human => write_stdout(report.text().as_bytes()),
    }
    collected.map(|()| if report.problems.is_empty() { Exit::Success } else { Exit::Failure })
}

struct Collection<'a> {
    arguments: &'a Gc,
    layout: Layout,
    workspace: Option<Workspace>,
    interrupt: Interrupt,
    report: GcReport,
}

impl Collection<'_> {
    fn collect(&mut self) -> anyhow::Result<()> {
        let ended = if self.arguments.dry_run { self.dead_runs()? } else { self.clear_up()? };
        self.interrupt.check()?;
        self.finished_runs(&ended)?;
        self.interrupt.check()?;
        self.unused(&ended)?;
        let mut runs = BTreeSet::new();
        for run in dead::find(&self.layout)? {
            let run_id = run.folder.run_id();
            // What a dry run would end is not there for backends.
            if ended.contains(&run_id) {
                continue;
            }
            runs.insert(run_id);
            // One that could not be cleared up is a problem, and told as such.
            if let RunState::Active | RunState::Kept | RunState::Orphaned = run.state {
                let why = format!("`{}`, {}", run.consumer, run.state.name());
                self.report.left("run", run_id.to_string(), why);
            }
        }
        for backend in BackendKind::all() {
            self.interrupt.check()?;
            self.sweep(backend, &runs);
        }
        Ok(())
    }

    /// Ends dead runs and throws copies away; returns which they were.
    fn clear_up(&mut self) -> anyhow::Result<BTreeSet<RunId>> {
        let swept = sweep(&self.layout, &self.interrupt, &Ui::quiet())?;
        let mut ended = BTreeSet::new();
        for cleared in swept {
            let run_id = cleared.run.folder.run_id();
            if let Some(error) = cleared.failure {
                self.report.problem(format!("run {run_id} cannot be cleared up: {error:#}"));
                continue;
            }
            let left = cleared.leftovers.iter();
            let left = left.map(|left| format!("run {run_id} left behind: {left}"));
            left.for_each(|problem| self.report.problem(problem));
            self.report.removed(Item::of_run(&cleared.run, cleared.bytes));
            ended.insert(run_id);
        }
        Ok(ended)
    }

    /// The same, without doing it.
    fn dead_runs(&mut self) -> anyhow::Result<BTreeSet<RunId>> {
        let mut ended = BTreeSet::new();
        for run in dead::find(&self.layout)? {
            if let RunState::Dead | RunState::Copy = run.state {
                ended.insert(run.folder.run_id());
                let bytes = match run.state {
                    RunState::Copy => size(run.folder.path()),
                    _ => size_of_what_goes(&run.folder),
                };
                self.report.removed(Item::of_run(&run, bytes));
            }
        }
        Ok(ended)
    }

    /// The logs of a run that was found dead just now are not thrown away at once.
    fn finished_runs(&mut self, ended: &BTreeSet<RunId>) -> anyhow::Result<()> {
        let Gc { older_than, dry_run, .. } = self.arguments;
        for (run, bytes) in finished::release(&self.layout, *older_than, ended, *dry_run)? {
            self.report.removed(Item::new("finished-run", run.to_string(), bytes));
        }
        Ok(())
    }

    fn unused(&mut self, ended: &BTreeSet<RunId>) -> anyhow::Result<()> {
        let (layout, workspace) = (&self.layout, self.workspace.as_ref());
        let unused = match self.arguments.dry_run {
            true => Some(executables::releasable(layout, workspace, ended)?),
            false => executables::release(layout, workspace)?,
        };
        let Some(mut unused) = unused else {
            let why = "somebody builds right now".to_owned();
            self.report.left("cache", "executables".to_owned(), why);
            return Ok(());
        };
        unused.sort_by(|one, other| one.name.cmp(&other.name));
        for unused in unused {
            let UnusedPath { kind, name, bytes, failure, .. } = unused;
            match failure {
                None => self.report.removed(Item::new(kind, name, bytes)),
                Some(error) => self.report.problem(format!("cannot remove {name}: {error:#}")),
            }
        }
        Ok(())
    }

    /// What a backend has of runs that are no more.
    fn sweep(&mut self, backend: BackendKind, runs: &BTreeSet<RunId>) {
        let sweep = Sweep {
            folder: self.layout.base().to_owned(),
            runs: runs.clone(),
            dry_run: self.arguments.dry_run,
            clusters: self.arguments.clusters,
        };
        let (name, backend) = (backend.name(), backend.backend());
        let what = format!("looking for what is left on `{name}`");
        let swept =
            bounded(&what, backend.step_limit, &self.interrupt, move || (backend.sweep)(&sweep));
        let swept = swept.unwrap_or_else(|error| {
            self.report.problem(format!("`{name}` does not tell what is left on it: {error:#}"));
            Vec::new()
        });
        for SweptObject { kind, name: object, bytes, verdict } in swept {
            match verdict {
                Verdict::Removed => self.report.removed(Item::on(name, kind, object, bytes)),
                Verdict::Left(why) => self.report.left(kind, object, why),
                Verdict::Failed(why) => {
                    self.report.problem(format!("cannot remove the {kind} {object}: {why}"));
                }
            }
        }
    }
}
