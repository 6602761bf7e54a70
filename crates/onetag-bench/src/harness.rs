//! One lap of the harness: a command with `cargo xtask`, as anybody would type it.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use xshell::cmd;

use crate::Lap;
use crate::session::Session;

/// The digests of the images, by service.
pub(crate) type Digests = Vec<(String, String)>;

/// A run of the harness.
pub(crate) struct HarnessRun {
    pub(crate) lap: Lap,
    /// How many tests passed.
    pub(crate) tests: usize,
    pub(crate) digests: Digests,
}

impl Session<'_> {
    /// A whole run with these options.
    pub(crate) fn harness(&self, options: &[String]) -> anyhow::Result<HarnessRun> {
        self.run("e2e", options)
    }

    /// Has the harness test; the steps are the phases of its report.
    pub(crate) fn run(&self, verb: &str, options: &[String]) -> anyhow::Result<HarnessRun> {
        let started = Instant::now();
        let (shell, profile, narrowed) = (self.shell()?, self.profile(), self.narrowed());
        let (cargo, suite, rest) = (&self.bench.cargo, &self.bench.suite, &self.bench.nextest);
        let filterset = narrowed.iter().flat_map(|narrowed| ["-E", narrowed]);
        let stdout = self.processes.run(cmd!(
            shell,
            "{cargo} xtask {verb} {suite} --format json {options...} {profile...} -- {filterset...} {rest...}"
        ))?;
        let document: Value = serde_json::from_slice(&stdout)
            .with_context(|| format!("`cargo xtask {verb}` printed no document"))?;
        harness_run(&document["runs"][0], started.elapsed().as_secs_f64())
    }
}

fn harness_run(run: &Value, seconds: f64) -> anyhow::Result<HarnessRun> {
    let of_run = run["seconds"].as_f64().context("the document has no run")?;
    // Cargo looking whether the harness is built, and the harness at the workspace.
    let mut steps = vec![("cargo xtask".to_owned(), seconds - of_run)];
    for phase in run["phases"].as_array().into_iter().flatten() {
        let (name, took) = (phase["phase"].as_str(), phase["seconds"].as_f64());
        let (name, took) = name.zip(took).context("the document has a phase without a time")?;
        match steps.iter_mut().find(|(step, _)| step == name) {
            // There are two witnesses, one before and one after the tests.
            Some((_, sum)) => *sum += took,
            None => steps.push((name.to_owned(), took)),
        }
    }
    // It takes place beside the build, and counts where it takes longer.
    let build = steps.iter().find_map(|(name, took)| (name == "build").then_some(*took));
    for (_, took) in steps.iter_mut().filter(|(name, _)| name == "prepare") {
        *took = (*took - build.unwrap_or(0.0)).max(0.0);
    }
    let after = |(name, took): &(String, f64)| (name == "teardown").then_some(*took);
    let verdict = seconds - steps.iter().find_map(after).unwrap_or(0.0);
    let tests = run["tests"]["passed"].as_u64().unwrap_or(0) as usize;
    ensure!(tests > 0, "the harness ran no test");
    let services = run["services"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let digests = services
        .map(|service| (text(&service["service"]), text(&service["digests"]["manifest"])))
        .collect();
    Ok(HarnessRun { lap: Lap { seconds, verdict, steps }, tests, digests })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_comes_before_the_run_is_a_step_too() {
        let phase = |phase: &str, seconds: f64| json!({ "phase": phase, "seconds": seconds });
        let phases = [phase("build", 0.5), phase("prepare", 0.625), phase("witness", 0.125)];
        let run = json!({
            "seconds": 1.0,
            "phases": [phases[0], phases[1], phases[2], phase("witness", 0.125), phase("teardown", 0.0625)],
            "tests": { "passed": 3, "failed": 0, "skipped": {} },
            "services": [{ "service": "beta", "digests": { "manifest": "sha256:1" } }],
        });
        let run = harness_run(&run, 1.5).unwrap();
        let steps: Vec<_> =
            run.lap.steps.iter().map(|(name, took)| (name.as_str(), *took)).collect();
        let wanted = [("cargo xtask", 0.5), ("build", 0.5), ("prepare", 0.125), ("witness", 0.25)];
        assert_eq!(steps[..4], wanted);
        assert_eq!((run.lap.seconds, run.lap.verdict, run.tests), (1.5, 1.4375, 3));
        assert_eq!(run.digests, [("beta".to_owned(), "sha256:1".to_owned())]);
    }
}
