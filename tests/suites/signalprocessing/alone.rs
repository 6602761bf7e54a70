//! Kills and outages. Each test runs alone.

use anyhow::Result;
use contract::signalprocessing::ProcessingPhase;
use e2e::{Capability, TIMEOUT, Target, unique};

use crate::support::{Fixture, signal_in};

#[test]
fn a_kill_loses_no_signal_and_tells_nothing_twice() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Kill])? else { return Ok(()) };
    let specs: Vec<_> = (0..10).map(|_| signal_in(&unique("shop"))).collect();
    for spec in &specs {
        fixture.processings.create(spec)?;
    }
    control.killed(&Target::service("signalprocessing"))?.restore()?;
    let fixture = Fixture::new()?;
    for spec in &specs {
        fixture.processings.reach(&spec.name, ProcessingPhase::Completed, TIMEOUT)?;
        fixture.told(spec)?;
    }
    Ok(())
}

#[test]
fn without_datastorage_signals_are_processed_and_the_trail_is_told_later() -> Result<()> {
    let fixture = Fixture::new()?;
    let Some(control) = fixture.run.control(&[Capability::Stop])? else { return Ok(()) };
    let away = control.stopped(&Target::service("datastorage"))?;
    let spec = signal_in(&unique("shop"));
    fixture.process(&spec)?;
    away.restore()?;
    Fixture::new()?.told(&spec)?;
    Ok(())
}
