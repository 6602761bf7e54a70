//! The services of a suite, started by hand.

use std::fs::File;
use std::ops::ControlFlow::{Break, Continue};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};

use crate::processes::{Processes, end, until};
use crate::{Host, Service, WiredService};

/// How long a service may take to become ready.
pub(crate) const READY: Duration = Duration::from_secs(60);

/// A service, what was built of it, and what it gets.
pub(crate) struct ServiceProgram<'a> {
    pub(crate) service: &'a Service,
    pub(crate) executable: &'a Utf8Path,
    pub(crate) wired: &'a WiredService,
}

/// Programs that run; killed when this is dropped.
#[derive(Default)]
pub(crate) struct Services<'a>(Vec<Running<'a>>);

struct Running<'a> {
    name: &'a str,
    log: Utf8PathBuf,
    wired: &'a WiredService,
    child: Child,
}

impl<'a> Services<'a> {
    /// Starts one more. Its log lies in `folder`.
    pub(crate) fn start(
        &mut self,
        processes: &Processes<'_>,
        program: &ServiceProgram<'a>,
        folder: &Utf8Path,
    ) -> anyhow::Result<()> {
        let ServiceProgram { service, executable, wired } = program;
        let name = service.name.as_str();
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).with_context(|| format!("cannot create {log}"))?;
        let mut command = Command::new(executable);
        command.args(&wired.args).env_clear().envs(&wired.variables).current_dir(&service.folder);
        command.stdout(output.try_clone()?).stderr(output);
        let child = processes.spawn(&mut command)?;
        self.0.push(Running { name, log, wired, child });
        Ok(())
    }

    /// Waits until all of them are ready.
    pub(crate) fn wait_until_ready(&mut self, host: &dyn Host) -> anyhow::Result<()> {
        for Running { name, log, wired, child } in &mut self.0 {
            let what = format!("waiting until service `{name}` is ready, started by hand");
            until(
                &what,
                READY,
                || host.check(),
                || {
                    let probed = (wired.probe)();
                    ensure!(
                        child.try_wait()?.is_none(),
                        "service `{name}` ended before it was ready, started by hand; its log is {log}"
                    );
                    Ok(probed.map_or_else(Continue, Break))
                },
            )?;
        }
        Ok(())
    }

    /// Asks one after the other to end, and waits for that: those first that talk
    /// to others, which may have something to hand over.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        while let Some(mut running) = self.0.pop() {
            end(&mut running.child, running.name)?;
        }
        Ok(())
    }
}

impl Drop for Services<'_> {
    fn drop(&mut self) {
        for running in &mut self.0 {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}
