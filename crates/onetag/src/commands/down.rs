//! `down`: ends the kept runs of a suite.

use clap::Args;
use onetag_control::connection::ConnectionError;

use super::kept_elsewhere;
use crate::context::{here, shown};
use crate::cycle::teardown::left_behind;
use crate::error::describe;
use crate::exit::Exit;
use crate::gc::dead::{RunEntry, RunState, end, endable};
use crate::gc::sweep::throw_away;
use crate::gc::tidy;
use crate::keeper::{Attachment, Client, Turn};
use crate::report::{Ui, waiting_for};
use crate::run::ledger::Record;
use crate::run::{FileLock, Layout};
use crate::system::signals::Interrupt;

/// End the kept runs of a suite
#[derive(Debug, Args)]
pub(crate) struct Down {
    /// The suite whose kept runs end
    #[arg(value_name = "SERVICE")]
    suite: String,
}

/// Ends all runs of the suite that `status` shows, but for those that a harness is at
/// work on.
///
/// That there is none is no error, and neither is a workspace that has become
/// invalid meanwhile: what runs can always be ended.
pub(crate) fn down(Down { suite }: &Down, ui: &Ui) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen()?;
    let place = crate::workspace::locate(&here()?, &interrupt)?;
    let layout = Layout::below(&place.target_directory);
    let found = endable(&layout, &place.root, suite)?;
    if found.is_empty() {
        // A name that is no suite gets the error that the other verbs give.
        crate::workspace::load(&here()?, &interrupt)?.suite(suite)?;
        let others = kept_elsewhere(&layout, &place.root, suite)?;
        ui.line(format!("there is no kept run of `{suite}`{others}"));
    }
    let mut exit = Exit::Success;
    for run in found {
        // A run whose end has begun is ended, the others stay.
        interrupt.check()?;
        let folder = &run.folder;
        if run.state == RunState::Copy {
            throw_away(folder, ui)?;
            continue;
        }
        wait_for_turn(&run, &interrupt, ui)?;
        // From the moment at which the ledger says that the run ends nobody finds it as a
        // kept one. Its keeper ends it if this command is killed by then.
        let _tie = tie(&run);
        // Where the keeper is gone, so that nobody takes the run up again meanwhile.
        let _lock = FileLock::try_take(&folder.lock());
        let killed_before = Record::read(folder.path()).unwrap_or_default().killed().len();
        // Another command may have found the run dead since, and clears up after it.
        let Some(leftovers) = end(&run, &interrupt)? else { continue };
        let finished = folder.layout().finished_run(folder.run_id());
        let killed = Record::read(finished.path()).unwrap_or_default().killed();
        for killed in killed.get(killed_before..).unwrap_or_default() {
            ui.verdict(killed.to_string());
        }
        if !leftovers.is_empty() {
            ui.error(describe(&left_behind(&leftovers)));
            exit = Exit::Failure;
        }
        for leftover in &leftovers {
            ui.verdict(format!("left behind: {leftover}"));
        }
        ui.verdict(format!(
            "run {} of `{suite}` has ended\n  report and logs: {}",
            folder.run_id(),
            shown(finished.path())
        ));
    }
    interrupt.check()?;
    tidy(&layout, None, ui);
    Ok(exit)
}

/// A connection to the keeper, if there is one of this version that answers.
fn tie(run: &RunEntry) -> Option<Attachment> {
    let is_kept = run.state == RunState::Kept && run.other_version.is_none();
    is_kept.then(|| Client::connect(&run.folder)?.attach()).and_then(Result::ok)
}

/// Waits until no other command tests or changes the run. A keeper that does not
/// answer, or speaks otherwise, gives no turns.
fn wait_for_turn(run: &RunEntry, interrupt: &Interrupt, ui: &Ui) -> anyhow::Result<()> {
    if run.state != RunState::Kept || run.other_version.is_some() {
        return Ok(());
    }
    let waited = Turn::own("down")?.wait(&run.folder, interrupt, |by| ui.line(waiting_for(by)));
    match waited {
        Err(error)
            if error
                .chain()
                .any(|cause| cause.is::<ConnectionError>() || cause.is::<std::io::Error>()) =>
        {
            Ok(())
        }
        waited => waited,
    }
}
