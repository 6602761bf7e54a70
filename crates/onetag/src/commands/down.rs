//! `down`: ends the kept runs of a suite.

use super::{context, job};
use crate::cli::Down;
use crate::exit::Exit;
use crate::run::FileLock;
use crate::sweep::kept;
use crate::teardown::{archive, teardown};

/// Ends all kept runs of the suite; that there is none is no error.
pub(crate) fn down(arguments: &Down) -> anyhow::Result<Exit> {
    let context = context()?;
    let suite = job(&context, &arguments.suite)?.suite.name.clone();
    let found = kept(&context.layout(), &suite)?;
    if found.is_empty() {
        context.ui.line(format!("there is no kept run of `{suite}`"));
    }
    let mut exit = Exit::Success;
    for run in found {
        let folder = run.folder;
        let hurry = context.interrupt.count() > 1;
        let leftovers = teardown(&folder, hurry)?;
        // The keeper has ended, and with it its hold on the run.
        let _lock = FileLock::try_take(&folder.lock())?;
        archive(&folder)?;
        for leftover in &leftovers {
            context.ui.line(format!("left behind: {} {}", leftover.kind, leftover.name));
            exit = Exit::Failure;
        }
        let finished = folder.layout().finished().join(folder.run_id().to_string());
        context.ui.line(format!(
            "run {} of `{suite}` has ended\n  report and logs: {}",
            folder.run_id(),
            context.shown(&finished)
        ));
    }
    Ok(exit)
}
