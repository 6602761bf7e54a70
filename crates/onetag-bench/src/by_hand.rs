//! One lap by hand: what a shell script would do.

use std::fs;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Artifact, Message};
use quick_junit::{Report, TestCaseStatus};
use xshell::cmd;

use crate::services::{Services, clear};
use crate::session::Session;
use crate::{Lap, Service};

/// The profile of nextest that has no hook.
const PROFILE: &str = "default";

impl Session<'_> {
    /// Builds, starts, waits, tests, stops.
    pub(crate) fn by_hand(&self) -> anyhow::Result<Lap> {
        self.lap_by_hand(PROFILE, &[])
    }

    /// The tests that do not pass by hand: those that want control or a witness.
    pub(crate) fn failing_by_hand(&self) -> anyhow::Result<Vec<String>> {
        // Of the profile `default` the repository may say where its report goes.
        const REPORTED: &str = "onetag-bench";
        let temp = tempfile::tempdir().context("cannot make a temporary folder")?;
        let temp = Utf8Path::from_path(temp.path()).context("its path is not UTF-8")?;
        let (junit, config) = (temp.join("junit.xml"), temp.join("nextest.toml"));
        // The escapes of JSON are those of TOML.
        let path = serde_json::Value::from(junit.as_str());
        fs::write(&config, format!("[profile.{REPORTED}.junit]\npath = {path}\n"))?;
        let config = format!("onetag:{config}");
        let options = ["--tool-config-file", &config, "--no-fail-fast"];
        let lap = self.lap_by_hand(REPORTED, &options);
        // Without a report it is the lap that tells what is wrong.
        let Ok(xml) = fs::read_to_string(&junit) else {
            return lap.and_then(|_| anyhow::bail!("nextest wrote no report"));
        };
        let report = Report::deserialize_from_str(&xml).context("cannot read nextest's report")?;
        let tests = report.test_suites.iter().flat_map(|suite| &suite.test_cases);
        let failing = tests.filter(|test| matches!(test.status, TestCaseStatus::NonSuccess { .. }));
        Ok(failing.map(|test| test.name.as_str().to_owned()).collect())
    }

    fn lap_by_hand(&self, profile: &str, options: &[&str]) -> anyhow::Result<Lap> {
        let (bench, host) = (self.bench, self.processes.host);
        clear(&bench.scratch)?;
        let shell = self.shell()?;
        let cargo = &bench.cargo;
        let started = Instant::now();
        let mut steps = Vec::new();
        let mut mark = started;
        let mut step = |name: &str| {
            let now = Instant::now();
            steps.push((name.to_owned(), (now - mark).as_secs_f64()));
            mark = now;
        };

        let (build, cargo_profile) = (&bench.build, self.profile());
        let messages = self.processes.run(cmd!(
            shell,
            "{cargo} {build...} --locked --message-format json-render-diagnostics {cargo_profile...}"
        ))?;
        step("build");

        let services = executables(&bench.services, &messages)?;
        let mut services = Services::start(&self.processes, &services, &bench.scratch)?;
        services.wait_until_ready(host)?;
        step("start");

        let (tests, filterset, rest) = (&bench.tests, self.filterset(), &bench.nextest);
        let command = cmd!(
            shell,
            "{cargo} nextest run --locked {tests...} --profile {profile}
             --ignore-default-filter --no-input-handler {options...} -E {filterset} {rest...}"
        );
        self.processes.run(command.envs(host.test_variables(&services.ports)?))?;
        step("test");

        services.stop()?;
        step("stop");
        Ok(Lap { seconds: started.elapsed().as_secs_f64(), steps })
    }
}

/// The services with their executables, from the messages of cargo.
fn executables<'a>(
    services: &'a [Service],
    messages: &[u8],
) -> anyhow::Result<Vec<(&'a Service, Utf8PathBuf)>> {
    // A macro that prints does so among the messages.
    let messages = messages.split(|byte| *byte == b'\n').filter_map(|line| {
        serde_json::from_slice(line).ok().and_then(|message| match message {
            Message::CompilerArtifact(artifact) => Some(artifact),
            _ => None,
        })
    });
    let artifacts: Vec<Artifact> =
        messages.filter(|artifact| artifact.target.is_bin() && !artifact.profile.test).collect();
    let executable = |service: &'a Service| {
        let of_service = artifacts.iter().find(|artifact| {
            artifact.package_id.repr == service.package_id && artifact.target.name == service.binary
        });
        let executable = of_service.and_then(|artifact| artifact.executable.clone());
        ensure!(executable.is_some(), "cargo built no program of service `{}`", service.name);
        Ok(executable.map(|executable| (service, executable)))
    };
    services.iter().filter_map(|service| executable(service).transpose()).collect()
}
