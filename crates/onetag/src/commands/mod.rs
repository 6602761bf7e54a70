//! The verbs, one file each.

mod bench;
mod completions;
mod doctor;
mod down;
mod e2e;
mod gc;
mod hook;
mod logs;
mod options;
mod plan;
mod status;
mod test;
mod up;

pub(crate) use bench::{Bench, bench};
pub(crate) use completions::{Completions, completions};
pub(crate) use doctor::{Doctor, doctor};
pub(crate) use down::{Down, down};
pub(crate) use e2e::{E2e, e2e};
pub(crate) use gc::{Gc, gc};
pub(crate) use hook::{Hook, hook};
pub(crate) use logs::{Logs, logs};
pub(crate) use options::{
    BuildOptions, ClusterOptions, Databases, Format, NodeOptions, On, RunOptions, Suites,
};
pub(crate) use plan::{Plan, plan};
pub(crate) use status::{Status, status};
pub(crate) use test::{Test, test};
pub(crate) use up::{Up, up};

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;

use crate::backend::{BackendKind, ClusterChoice, RunPlan};
use crate::context::Context;
use crate::cycle::{Job, KeptRun, Options};
use crate::database::DatabaseChoice;
use crate::error::{Attach as _, Kind, describe};
use crate::exit::Exit;
use crate::gc::dead::{RunEntry, kept, kept_by_others};
use crate::report::{Document, NotRun, RunReport, Ui, write_stdout};
use crate::run::Layout;
use crate::run::ledger::{Ledger, Record};
use crate::system::signals::Interrupt;

/// Loads what a verb works with.
fn context(ui: Ui) -> anyhow::Result<Context> {
    Context::load(Interrupt::listen()?, ui)
}

/// What came of the suites of a command.
#[derive(Debug, Default)]
struct Outcomes {
    runs: Vec<(Exit, RunReport)>,
    not_run: Vec<NotRun>,
}

impl Outcomes {
    /// That of the worst run; a suite that was not run is a failure.
    fn exit(&self) -> Exit {
        let not_run = self.not_run.iter().map(|_| Exit::Failure);
        Exit::worst(self.runs.iter().map(|(exit, _)| *exit).chain(not_run))
    }
}

/// Ends a verb that has reports: prints the one document where it is asked for,
/// and says with which code the command ends.
fn conclude(format: Format, result: anyhow::Result<Outcomes>) -> anyhow::Result<Exit> {
    if format == Format::Human {
        return Ok(result?.exit());
    }
    let (exit, outcomes, error) = match result {
        Ok(outcomes) => (outcomes.exit(), outcomes, None),
        Err(error) => (Kind::of(&error).exit(), Outcomes::default(), Some(error)),
    };
    let Outcomes { runs, not_run } = outcomes;
    print_json(&Document {
        schema: Document::SCHEMA,
        exit: exit.code(),
        runs: runs.into_iter().map(|(_, report)| report).collect(),
        not_run,
        error: error.as_ref().map(describe),
    })?;
    error.map_or(Ok(exit), Err)
}

/// Prints one JSON document to stdout.
fn print_json(document: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec_pretty(document)?;
    text.push(b'\n');
    write_stdout(&text);
    Ok(())
}

/// The kept run of a suite, if there is one.
///
/// # Errors
///
/// When there are several, and it is unclear which one is meant, or it can only be
/// ended; says what to do.
fn kept_run(layout: &Layout, root: &Utf8Path, suite: &str) -> anyhow::Result<Option<RunEntry>> {
    let mut entries = kept(layout, root, suite)?;
    if entries.len() < 2 {
        let run = entries.pop();
        return run.map(|run| run.expect_usable().map(|()| run)).transpose();
    }
    let runs: Vec<String> = entries.iter().map(|run| run.folder.run_id().to_string()).collect();
    Err(anyhow!("there are {} kept runs of `{suite}`: {}", runs.len(), runs.join(", ")))
        .hint(format!("`cargo xtask down {suite}` ends them all"))
}

/// Goes on with a kept run as it was deployed, with the profile and the backend
/// that it has.
///
/// # Errors
///
/// When its ledger is damaged or its record cannot be read, or another profile or
/// backend is asked for.
fn kept_job<'a>(job: Job<'a>, entry: RunEntry, options: &mut Options) -> anyhow::Result<Job<'a>> {
    let suite = &job.suite.name;
    let up = |options: &Options| up_line(suite, options);
    let start_over = format!("cargo xtask down {suite} && {}", up(options));
    let folder = entry.folder.path();
    let record = Record::read(folder)?;
    if let Some((line, reason)) = record.damaged.first() {
        let ledger = folder.join(Ledger::FILE);
        return Err(anyhow!("line {line} of {ledger} is damaged: {reason}").hint(start_over));
    }
    let plan = RunPlan::read(&entry.folder)
        .context("the kept run cannot be taken up again")
        .hint(&start_over)?;
    // What is not asked for stays as it is.
    let start_over = || {
        let mut options = options.clone();
        options.profile = options.profile.or_else(|| plan.profile.clone());
        options.backend = options
            .backend
            .or_else(|| Some(plan.backend).filter(|backend| *backend != BackendKind::default()));
        if options.database == DatabaseChoice::default() {
            options.database.clone_from(&plan.database);
        }
        if options.cluster == ClusterChoice::default() {
            options.cluster.clone_from(&plan.cluster);
        }
        format!("cargo xtask down {suite} && {}", up(&options))
    };
    let name = |profile: &Option<String>| profile.clone().unwrap_or_else(|| "dev".to_owned());
    if options.profile.is_some() && name(&options.profile) != name(&plan.profile) {
        return Err(anyhow!(
            "the kept run of `{suite}` has services of the profile `{}`, not `{}`",
            name(&plan.profile),
            name(&options.profile)
        )
        .kind(Kind::Usage)
        .hint(start_over()));
    }
    if let Some(backend) = options.backend.filter(|backend| *backend != plan.backend) {
        return Err(anyhow!(
            "the kept run of `{suite}` is on the backend `{}`, not `{}`",
            plan.backend.name(),
            backend.name()
        )
        .kind(Kind::Usage)
        .hint(start_over()));
    }
    let asked = &options.database;
    let other = match (&asked.url, asked.kind) {
        (Some(url), _) if Some(url) != plan.database.url.as_ref() => {
            Some(format!("does not use the server {url}"))
        }
        (_, Some(kind)) if asked.kind != plan.database.kind && !plan.uses(kind) => {
            Some(format!("does not keep its state in {kind}"))
        }
        _ => plan.cluster.contradiction(&options.cluster),
    };
    if let Some(other) = other {
        return Err(anyhow!("the kept run of `{suite}` {other}")
            .kind(Kind::Usage)
            .hint(start_over()));
    }
    options.database.clone_from(&plan.database);
    options.cluster.clone_from(&plan.cluster);
    options.profile.clone_from(&plan.profile);
    options.backend = Some(plan.backend);
    Ok(Job { kept: Some(KeptRun { entry, plan }), ..job })
}

/// The line that brings up a run of a suite with these options.
fn up_line(suite: &str, options: &Options) -> String {
    let mut line = format!("cargo xtask up {suite}");
    match options.profile.as_deref() {
        None => {}
        Some("release") => line.push_str(" --release"),
        Some(profile) => line.push_str(&format!(" --profile {profile}")),
    }
    if let Some(backend) = options.backend {
        line.push_str(&format!(" --on {}", backend.name()));
    }
    for (option, _, value) in options.cluster.options() {
        line.push_str(&format!(" {option}"));
        line.extend(value.map(|value| format!(" {value}")));
    }
    match &options.database {
        DatabaseChoice { url: Some(url), .. } => {
            line.push_str(&format!(" --database-url '{url}'"));
        }
        DatabaseChoice { kind: Some(kind), .. } => line.push_str(&format!(" --database {kind}")),
        _ => {}
    }
    line
}

/// What kept runs of a suite other workspaces have in the same target folder, as the
/// end of a sentence; empty if there are none.
fn kept_elsewhere(layout: &Layout, root: &Utf8Path, suite: &str) -> anyhow::Result<String> {
    let others = kept_by_others(layout, root, suite)?;
    let others = others.iter().filter_map(|run| {
        Some(format!("; run {} is of {}", run.folder.run_id(), run.workspace.as_ref()?))
    });
    Ok(others.collect())
}
