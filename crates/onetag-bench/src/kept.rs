//! Laps on a kept run of the harness, as people work on a service.

use xshell::cmd;

use crate::call::quoted;
use crate::session::{BUILD_KEYS, Session};
use crate::{Bench, Lap};

impl Session<'_> {
    /// Starts the run that the laps use.
    pub(crate) fn up(&self, options: &[String]) -> anyhow::Result<()> {
        let (shell, profile) = (self.shell()?, self.profile());
        let (cargo, suite) = (&self.bench.cargo, &self.bench.suite);
        let up = cmd!(shell, "{cargo} xtask up {suite} {options...} {profile...}");
        self.processes.run(up).map(drop)
    }

    /// Replaces what has changed, and tests it.
    pub(crate) fn kept(&self) -> anyhow::Result<Lap> {
        Ok(self.run("up", &["--test".to_owned()])?.lap)
    }
}

/// The script that ends that run, and sets `failed` if it cannot.
pub(crate) fn removal(bench: &Bench) -> String {
    let (folder, target) = (quoted(bench.folder.as_str()), quoted(bench.target.as_str()));
    let (cargo, suite) = (quoted(&bench.cargo), quoted(&bench.suite));
    let variables = BUILD_KEYS.map(|key| format!("{key}={target}")).join(" ");
    format!("(cd {folder} && {variables} {cargo} xtask down {suite}) || failed=1\n")
}
