//! Stops and kills while clients write: acknowledged events are not lost.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Capability, Run, Target};

use super::writers::write_while;

/// How long until all events are visible. They are visible once the service is
/// ready; the limit is for a very busy machine.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(20);

fn datastorage() -> Target {
    Target::service("datastorage")
}

#[test]
fn a_kill_while_writing_loses_nothing_that_was_acknowledged() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::Kill])? else { return Ok(()) };
    for _ in 0..3 {
        let mut away = None;
        let written = write_while(&run, usize::MAX, || {
            away = Some(control.killed(&datastorage())?);
            Ok(())
        })?;
        ensure!(!written.unknown.is_empty(), "no writer was interrupted");
        drop(away);
        written.are_all_there(&run, RECOVERY_TIMEOUT)?;
    }
    Ok(())
}

#[test]
fn a_stop_while_writing_answers_what_it_has_begun() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::Stop])? else { return Ok(()) };
    let written = write_while(&run, usize::MAX, || Ok(control.restart(&datastorage())?))?;
    written.are_all_there(&run, RECOVERY_TIMEOUT)
}

#[test]
fn a_halt_while_writing_delays_and_loses_nothing() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::Pause])? else { return Ok(()) };
    let written =
        write_while(&run, usize::MAX, || Ok(control.paused(&datastorage())?.restore()?))?;
    ensure!(written.unknown.is_empty(), "{} events were not answered", written.unknown.len());
    written.are_all_there(&run, RECOVERY_TIMEOUT)
}
