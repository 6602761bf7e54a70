//! One lap by hand: what a shell script would do.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Message;
use roxmltree::{Document, Node};
use xshell::cmd;

use crate::clock::Clock;
use crate::containers::Containers;
use crate::pods::Pods;
use crate::services::{ServiceProgram, Services};
use crate::session::Session;
use crate::{Lap, Wiring};

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
        let report = Document::parse(&xml).context("cannot read nextest's report")?;
        let failed = |test: &Node<'_, '_>| {
            test.children()
                .any(|child| child.has_tag_name("failure") || child.has_tag_name("error"))
        };
        let tests = report.descendants().filter(|node| node.has_tag_name("testcase"));
        let names = tests.filter(failed).filter_map(|test| test.attribute("name"));
        Ok(names.map(str::to_owned).collect())
    }

    fn lap_by_hand(&self, profile: &str, options: &[&str]) -> anyhow::Result<Lap> {
        let (bench, host) = (self.bench, self.processes.host);
        match fs::remove_dir_all(&bench.scratch) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(&bench.scratch),
        }
        .with_context(|| format!("cannot empty {}", bench.scratch))?;
        let shell = self.shell()?;
        let cargo = &bench.cargo;
        let mut clock = Clock::start();

        let (build, cargo_profile) = (&bench.build, self.profile());
        let messages = self.processes.run(cmd!(
            shell,
            "{cargo} {build...} --locked --message-format json-render-diagnostics {cargo_profile...}"
        ))?;
        clock.step("build");

        let executables = executables(&messages);
        let wiring = host.wire()?;
        let programs = self.programs(&executables, &wiring)?;
        let test = || {
            let (tests, filterset, rest) = (&bench.tests, self.filterset(), &bench.nextest);
            let command = cmd!(
                shell,
                "{cargo} nextest run --locked {tests...} --profile {profile}
                 --ignore-default-filter --no-input-handler {options...} -E {filterset} {rest...}"
            );
            self.processes.run(command.envs(wiring.test_variables.iter().cloned()))
        };
        let folder = &bench.scratch;
        let Some(calls) = &self.engine else {
            let mut services = Services::default();
            for program in &programs {
                services.start(&self.processes, program, folder)?;
            }
            services.wait_until_ready(host)?;
            clock.step("start");
            test()?;
            clock.verdict("test");
            services.stop()?;
            return Ok(clock.end("stop"));
        };
        let (processes, programs) = (&self.processes, &programs);
        let containers = Containers { shell: &shell, processes, calls, programs, folder };
        let pods = bench.cluster.as_ref();
        let pods = pods.map(|cluster| Pods { containers: &containers, cluster });
        let mut tested = || {
            containers.build()?;
            clock.step("image");
            containers.save()?;
            clock.step("save");
            pods.as_ref().map_or_else(|| containers.load(), Pods::load)?;
            clock.step("load");
            let forwards = pods.as_ref().map(Pods::start).transpose()?;
            if forwards.is_none() {
                containers.start()?;
            }
            clock.step("start");
            test()?;
            clock.verdict("test");
            drop(forwards);
            pods.as_ref().map_or_else(|| containers.remove(), Pods::remove)
        };
        if let Err(error) = tested() {
            // What stays is told at the end of the bench.
            let _ = calls.clear(&shell);
            return Err(error);
        }
        Ok(clock.end("remove"))
    }

    fn programs<'a>(
        &'a self,
        executables: &'a BTreeMap<(String, String), Utf8PathBuf>,
        wiring: &'a Wiring,
    ) -> anyhow::Result<Vec<ServiceProgram<'a>>> {
        let wired = self.bench.services.iter().zip(&wiring.services);
        wired
            .map(|(service, wired)| {
                let key = (service.package_id.clone(), service.binary.clone());
                let executable = executables.get(&key).with_context(|| {
                    format!("cargo built no program of service `{}`", service.name)
                })?;
                Ok(ServiceProgram { service, executable, wired })
            })
            .collect()
    }
}

/// Programs by package id and target, from the messages of cargo.
fn executables(messages: &[u8]) -> BTreeMap<(String, String), Utf8PathBuf> {
    // A macro that prints does so among them.
    let messages = messages.split(|byte| *byte == b'\n').map(serde_json::from_slice);
    let program = |message| match message {
        Ok(Message::CompilerArtifact(artifact)) if artifact.target.is_bin() => {
            let executable = artifact.executable?;
            Some(((artifact.package_id.repr, artifact.target.name), executable))
        }
        _ => None,
    };
    messages.filter_map(program).collect()
}
