//! Laps on a kept run of the harness, as people work on a service.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use xshell::cmd;

use crate::Lap;
use crate::session::Session;

impl Session<'_> {
    /// Starts the run that the laps use.
    pub(crate) fn keep(&self, options: &[String]) -> anyhow::Result<()> {
        let (shell, profile) = (self.shell()?, self.profile());
        let (cargo, suite) = (&self.bench.cargo, &self.bench.suite);
        let up = cmd!(shell, "{cargo} xtask up {suite} {options...} {profile...}");
        self.processes.run(up).map(drop)
    }

    /// Replaces what has changed, and tests it.
    pub(crate) fn kept(&self) -> anyhow::Result<Lap> {
        let (shell, profile, narrowed) = (self.shell()?, &self.profile(), self.narrowed());
        let (cargo, suite, rest) = (&self.bench.cargo, &self.bench.suite, &self.bench.nextest);
        let filterset = narrowed.iter().flat_map(|narrowed| ["-E", narrowed]);
        let started = Instant::now();
        self.processes.run(cmd!(shell, "{cargo} xtask up {suite} {profile...}"))?;
        let up = started.elapsed().as_secs_f64();
        let stdout = self.processes.run(cmd!(
            shell,
            "{cargo} xtask test {suite} --format json {profile...} -- {filterset...} {rest...}"
        ))?;
        let seconds = started.elapsed().as_secs_f64();
        let document: Value =
            serde_json::from_slice(&stdout).context("`cargo xtask test` printed no document")?;
        let passed = document["runs"][0]["tests"]["passed"].as_u64();
        ensure!(passed.is_some_and(|passed| passed > 0), "`cargo xtask test` ran no test");
        let steps = vec![("up".to_owned(), up), ("test".to_owned(), seconds - up)];
        Ok(Lap { seconds, verdict: seconds, steps })
    }

    /// Ends that run.
    pub(crate) fn end_kept(&self) -> anyhow::Result<()> {
        let (shell, cargo, suite) = (self.shell()?, &self.bench.cargo, &self.bench.suite);
        self.processes.run_to_end(cmd!(shell, "{cargo} xtask down {suite}")).map(drop)
    }
}
