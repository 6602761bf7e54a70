//! Ending and halting containers.

use std::time::{Duration, Instant};

use signal_hook::consts::SIGTERM;

use super::runtime::{EngineRuntime, name_of};
use crate::backend::{Instance, Stop};
use crate::run::ledger::{Entry, Ledger};
use crate::system::handles;

impl EngineRuntime {
    /// Ends a container, as it is told.
    pub(super) fn stop_container(&self, instance: &Instance, how: Stop) -> anyhow::Result<()> {
        let (client, name) = (self.client()?, name_of(instance)?);
        let (paused, process) = match self.started().get(&instance.service) {
            Some(started) => (started.paused, started.process.clone()),
            None => (false, None),
        };
        if paused {
            // It cannot end in good order as long as it is halted.
            self.halt(instance, false)?;
        }
        // Outside of a container SIGTERM would end it; as the first process of one it does
        // nothing to it.
        let is_deaf = process.is_some_and(|id| id.is_alive() && !handles(id.pid, SIGTERM));
        let asked = Instant::now();
        match how {
            Stop::Terminate(_) if is_deaf => self.stop_container(instance, Stop::Kill)?,
            Stop::Kill => {
                // `stop` alone would ask it first. One that has ended cannot be killed, and
                // need not be: `stop` tells whether it has.
                let _ = client.end(["kill", name], Duration::ZERO);
                client.end(["stop", "--time", "0", name], Duration::ZERO)?;
            }
            Stop::Terminate(grace) => {
                let seconds = grace.as_secs().to_string();
                client.end(["stop", "--time", &seconds, name], grace)?;
                if asked.elapsed() >= grace {
                    let (service, seconds) =
                        (instance.service.clone(), asked.elapsed().as_secs_f64());
                    // What is not told ends no run.
                    let _ = Ledger::open(self.folder.path())?
                        .write(&Entry::Killed { service, seconds });
                }
            }
        }
        Ok(())
    }

    /// Halts all that runs in a container, or lets it go on.
    pub(super) fn halt(&self, instance: &Instance, on: bool) -> anyhow::Result<()> {
        let verb = if on { "pause" } else { "unpause" };
        self.client()?.end([verb, name_of(instance)?], Duration::ZERO)?;
        if let Some(started) = self.started().get_mut(&instance.service) {
            started.paused = on;
        }
        Ok(())
    }
}
