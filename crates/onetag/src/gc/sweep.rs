//! Clearing up after all runs that died.

use std::fs;
use std::io::ErrorKind;

use anyhow::Context as _;

use super::dead::{RunEntry, RunState, end, look};
use super::size;
use crate::cycle::teardown::{end_orphans, size_of_what_goes};
use crate::report::{Leftover, Ui};
use crate::run::{Layout, RunFolder, make_folder, remove, remove_partial};
use crate::system::signals::Interrupt;

/// A dead run that was cleared up, or a copy of one that was thrown away.
pub(crate) struct ClearedRun {
    pub(crate) run: RunEntry,
    /// How many bytes were removed with it.
    pub(crate) bytes: u64,
    pub(crate) leftovers: Vec<Leftover>,
    /// Why it could not be cleared up.
    pub(crate) failure: Option<anyhow::Error>,
}

/// Clears up after runs that died, and says so. Kept runs are left alone.
///
/// What is left of a dead run is told, and so is a dead run that cannot be cleared up,
/// such as one on a backend that only another program has. Neither is an error here: the
/// exit code of a command speaks of its own runs.
pub(crate) fn sweep(
    layout: &Layout,
    interrupt: &Interrupt,
    ui: &Ui,
) -> anyhow::Result<Vec<ClearedRun>> {
    let mut swept = Vec::new();
    for found in look(layout, interrupt)? {
        let (run, _lock) = found?;
        let folder = &run.folder;
        match run.state {
            RunState::Active => {}
            RunState::Dead => {
                let bytes = size_of_what_goes(folder);
                let cleared = clear_up(&run, interrupt, ui);
                let (leftovers, failure) = match cleared {
                    Ok(Some(leftovers)) => (leftovers, None),
                    // Somebody else was faster.
                    Ok(None) => continue,
                    Err(error) if interrupt.signal().is_some() => return Err(error),
                    Err(error) => {
                        let run_id = folder.run_id();
                        ui.line(format!(
                            "warning: run {run_id} died and cannot be cleared up: {error:#}"
                        ));
                        (Vec::new(), Some(error))
                    }
                };
                swept.push(ClearedRun { run, bytes, leftovers, failure });
            }
            RunState::Copy => {
                let bytes = size(folder.path());
                throw_away(folder, ui)?;
                swept.push(ClearedRun { run, bytes, leftovers: vec![], failure: None });
            }
            // A command on a kept run that was killed leaves the run alone, and nobody
            // who would end what is left of its tools, or finish what it was writing.
            RunState::Kept | RunState::Orphaned => {
                match end_orphans(folder) {
                    // It was ended meanwhile.
                    Err(_) if !folder.path().exists() => {}
                    ended => ended?,
                }
                remove_partial(folder.path());
                remove_partial(&folder.diagnostics());
            }
        }
    }
    Ok(swept)
}

fn clear_up(
    run: &RunEntry,
    interrupt: &Interrupt,
    ui: &Ui,
) -> anyhow::Result<Option<Vec<Leftover>>> {
    let Some(leftovers) = end(run, interrupt)? else { return Ok(None) };
    let run_id = run.folder.run_id();
    let age = humantime::format_duration(std::time::Duration::from_secs(run_id.age().as_secs()));
    ui.line(format!("cleared up after run {run_id}, which died; it began {age} ago"));
    for leftover in &leftovers {
        ui.line(format!("  left behind: {leftover}"));
        if let Some(hint) = leftover.hint() {
            ui.line(format!("  hint: {hint}"));
        }
    }
    Ok(Some(leftovers))
}

/// Removes what only looks like a run, and nothing else: what its ledger names is the
/// original's.
pub(crate) fn throw_away(folder: &RunFolder, ui: &Ui) -> anyhow::Result<()> {
    let trash = folder.layout().trash();
    make_folder(&trash)?;
    let trash = trash.join(folder.run_id().to_string());
    remove(&trash)?;
    match fs::rename(folder.path(), &trash) {
        // Somebody else was faster.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        moved => moved.with_context(|| format!("cannot move {} out of the way", folder.path()))?,
    }
    ui.line(format!("threw away a copy of run {}", folder.run_id()));
    remove(&trash)
}
