//! One lap by hand: what a shell script would do.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::bail;
use camino::Utf8PathBuf;
use xshell::cmd;

use super::Lap;
use super::services::{RUN_ID, Services, clear, tag};
use super::session::Bench;
use crate::backend::PROCESS;
use crate::run::write_file;
use crate::suite::{not_passed, toml_string};
use crate::system::tool::{Output, Tool};

/// How long one command may take: the first one builds everything.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// The profile of nextest that has no hook.
const PROFILE: &str = "default";

/// Where cargo puts the programs of a profile.
fn folder_of(profile: Option<&str>) -> &str {
    match profile {
        None | Some("dev" | "test") => "debug",
        Some("bench") => "release",
        Some(name) => name,
    }
}

impl Bench<'_> {
    /// Builds, starts, waits, tests, stops.
    pub(super) fn by_hand(&self) -> anyhow::Result<Lap> {
        self.lap_by_hand(&[])
    }

    /// The tests that do not pass by hand: those that want control or a witness.
    pub(super) fn not_by_hand(&self) -> anyhow::Result<Vec<String>> {
        let (junit, config) = (self.folder.join("junit.xml"), self.folder.join("nextest.toml"));
        let text = format!(
            "[profile.{PROFILE}.junit]\npath = {}\nstore-success-output = true\n",
            toml_string(junit.as_str())
        );
        write_file(&config, text.as_bytes())?;
        let _ = std::fs::remove_file(&junit);
        let config = format!("onetag:{config}");
        let lap = self.lap_by_hand(&["--tool-config-file", &config, "--no-fail-fast"]);
        match not_passed(&junit) {
            Ok(names) => Ok(names),
            // Without a report it is the lap that tells what is wrong.
            Err(error) => lap.and(Err(error)),
        }
    }

    fn lap_by_hand(&self, more: &[&str]) -> anyhow::Result<Lap> {
        let folder = self.folder.join("by-hand");
        clear(&folder)?;
        let started = Instant::now();
        let mut steps = Vec::new();
        let mut mark = started;
        let mut step = |name: &str| {
            let now = Instant::now();
            steps.push((name.to_owned(), (now - mark).as_secs_f64()));
            mark = now;
        };
        let shell = self.context.shell()?;
        let bins = self.job.plan.services().flat_map(|it| ["--bin", &it.service.binary]);
        let profile = self.profile.iter().flat_map(|name| ["--profile", name]);
        self.run(cmd!(shell, "cargo build --locked --workspace {profile...} {bins...}"))?;
        step("build");
        let binaries = self.context.workspace.target_directory.join(folder_of(self.profile));
        let mut services = Services::start(&self.job.plan, &binaries, &folder)?;
        services.wait_until_ready(&self.context.interrupt)?;
        step("start");
        let tests = self.job.suite.tests.iter().flat_map(|test| ["--test", &test.target]);
        let filterset = self.filterset();
        let rest = self.arguments.rest();
        let command = cmd!(
            shell,
            "cargo nextest run --locked --workspace {tests...} --profile {PROFILE}
             --ignore-default-filter --no-input-handler {more...} -E {filterset} {rest...}"
        );
        self.run(command.envs(self.variables(&services, folder)?))?;
        step("test");
        services.stop()?;
        step("stop");
        Ok(Lap { seconds: started.elapsed().as_secs_f64(), steps })
    }

    /// The plain variables: all that the environment file would say.
    fn variables(
        &self,
        services: &Services,
        folder: Utf8PathBuf,
    ) -> anyhow::Result<Vec<(String, String)>> {
        let consumer = &self.job.suite.name;
        let tag = tag(&self.job.plan);
        let mut by_name = BTreeMap::new();
        for planned in self.job.plan.services() {
            let name = &planned.service.name;
            let service = onetag_env::Service {
                image: format!("localhost/{name}:{tag}"),
                digest: format!("sha256:{}", "0".repeat(64)),
                address: Some(onetag_env::Address::shared(services.addresses.url(name)?)),
                ports: Default::default(),
            };
            by_name.insert(name.clone(), service);
        }
        let environment = onetag_env::Environment {
            run_id: RUN_ID.to_owned(),
            tag,
            consumer: consumer.clone(),
            backend: PROCESS.to_owned(),
            run_dir: folder.into_string(),
            services: by_name,
            capabilities: Default::default(),
        };
        Ok(environment.lines().collect())
    }

    /// Runs a command of a lap to its end.
    pub(super) fn run(&self, command: xshell::Cmd<'_>) -> anyhow::Result<Vec<u8>> {
        let command = command.env("CARGO_TARGET_DIR", &self.context.workspace.target_directory);
        let finished = Tool::new(command, LIMIT)
            .tied()
            .output(Output::Capture, Output::Capture)
            .finish(&self.context.interrupt)?;
        if !finished.status.success() {
            let said = String::from_utf8_lossy(&finished.stderr);
            let lines: Vec<&str> = said.trim_end().lines().collect();
            let last = lines[lines.len().saturating_sub(40)..].join("\n  ");
            bail!("`{}` {}:\n  {last}", finished.line, finished.ended());
        }
        Ok(finished.stdout)
    }
}
