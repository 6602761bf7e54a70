//! `hook`: nextest's setup script. It finds the run, checks it, and hands its
//! environment on; it starts nothing.

use std::fs::OpenOptions;
use std::io::Write as _;

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use onetag_env::{Environment, keys};

use super::{kept_elsewhere, kept_run};
use crate::context::here;
use crate::error::Attach as _;
use crate::exit::Exit;
use crate::keeper::{Client, ServiceState, Turn};
use crate::report::{Ui, waiting_for, write_stdout};
use crate::run::{Layout, RunFolder};
use crate::system;
use crate::system::signals::Interrupt;

/// Where nextest wants the variables (nextest documentation, setup scripts).
const NEXTEST_ENV: &str = "NEXTEST_ENV";

/// What nextest sets for its children (nextest documentation, environment variables).
const NEXTEST_RUN_ID: &str = "NEXTEST_RUN_ID";

/// Hand the environment of a run to nextest; a setup script of its configuration calls this
#[derive(Debug, Args)]
pub(crate) struct Hook {
    /// The suite whose tests are about to run
    #[arg(value_name = "SERVICE")]
    suite: String,
}

/// Hands the environment of the run to nextest, or to stdout when run by hand.
pub(crate) fn hook(Hook { suite }: &Hook) -> anyhow::Result<Exit> {
    let path = match std::env::var(keys::ENV_FILE) {
        Ok(path) => Utf8PathBuf::from(path),
        Err(_) => environment_of_kept_run(suite)?,
    };
    let environment = read(&path, suite)?;
    if environment.consumer != *suite {
        return Err(anyhow!(
            "{path} is of a run for `{}`, but these are tests of `{suite}`",
            environment.consumer
        ))
        .hint(format!("cargo xtask e2e {suite}"));
    }
    let folder = RunFolder::at(Utf8Path::new(&environment.run_dir))?;
    if std::env::var_os(NEXTEST_ENV).is_some() {
        wait_for_turn(&folder)?;
    }
    check_liveness(&environment, &folder)?;
    let lines = environment.render()?;
    match std::env::var_os(NEXTEST_ENV) {
        Some(file) => OpenOptions::new()
            .append(true)
            .open(&file)
            .and_then(|mut file| file.write_all(lines.as_bytes()))
            .with_context(|| format!("cannot write to {}", file.to_string_lossy()))?,
        None => write_stdout(lines.as_bytes()),
    }
    Ok(Exit::Success)
}

fn read(path: &Utf8Path, suite: &str) -> anyhow::Result<Environment> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the environment file {path}"))
        .hint(format!("`cargo xtask up {suite}` writes it anew"))?;
    Environment::parse(&text).with_context(|| format!("the environment file {path} is damaged"))
}

/// The environment file of the one kept run of the suite.
fn environment_of_kept_run(suite: &str) -> anyhow::Result<Utf8PathBuf> {
    let workspace = crate::workspace::load(&here()?, &Interrupt::default())?;
    // A name that is no suite is an error of its own.
    let suite = workspace.suite(suite)?.name.as_str();
    let (layout, root) = (Layout::below(&workspace.target_directory), &workspace.root);
    let others = kept_elsewhere(&layout, root, suite)?;
    let run = kept_run(&layout, root, suite)?
        .ok_or_else(|| anyhow!("these tests need a run of `{suite}`, and there is none{others}"))
        .hint(format!(
            "`cargo xtask e2e {suite}` does everything; \
             `cargo xtask up {suite}` keeps a run for tests like these"
        ))?;
    Ok(run.folder.environment())
}

/// Waits until no other command tests or changes the run: a test that stops a service
/// would disturb the others.
fn wait_for_turn(folder: &RunFolder) -> anyhow::Result<()> {
    let waiting = |by: &str| Ui::stderr().line(waiting_for(by));
    let nextest = nextest().context("nextest, which called this hook, has ended")?;
    match Turn::of_nextest(nextest)?.wait(folder, &Interrupt::default(), waiting) {
        // Whether there is a run is told below, in one sentence.
        Err(error) if Client::connect(folder).is_ok() => Err(error),
        _ => Ok(()),
    }
}

/// The process of nextest: the nearest above that is not in nextest's environment; none
/// if it has ended.
fn nextest() -> Option<u32> {
    let run_id = std::env::var(NEXTEST_RUN_ID).ok();
    let mut pid = std::os::unix::process::parent_id();
    while run_id.is_some()
        && system::variable(pid, NEXTEST_RUN_ID) == run_id
        && let Some(parent) = system::parent(pid)
    {
        pid = parent;
    }
    (!has_adopted(pid)).then_some(pid)
}

/// Whether a process is above this one only because another one that was has ended. A
/// turn that it got would never end.
fn has_adopted(pid: u32) -> bool {
    // Nextest gives its children groups of their own, and leaves them in its session. In
    // a container all may be in that of the first process, or it may be the first.
    let is_first = pid == 1 && !system::name(pid).is_some_and(|name| name.contains("nextest"));
    is_first || system::session(pid) != system::session(std::process::id())
}

/// One call tells whether the services of the run are there.
fn check_liveness(environment: &Environment, folder: &RunFolder) -> anyhow::Result<()> {
    let suite = &environment.consumer;
    let up = format!("cargo xtask up {suite}");
    let status = Client::connect(folder)
        .and_then(|mut keeper| keeper.status())
        .with_context(|| format!("the run of `{suite}` is over"))
        .hint(&up)?;
    for name in environment.services.keys().chain(environment.externals.keys()) {
        let error = match status.services.get(name) {
            Some(ServiceState::Running { .. }) => continue,
            Some(state) => anyhow!("service `{name}` of this run {}", state.predicate()),
            None => anyhow!("service `{name}` of this run was never started"),
        };
        return Err(error).hint(up);
    }
    if status.database_stopped {
        return Err(anyhow!("another test has stopped the database of this run"))
            .hint("it is started again when the process of that test ends");
    }
    Ok(())
}
