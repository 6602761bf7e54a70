//! Running a suite, and what proves that it was run.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use onetag_env::keys;
use uuid::Uuid;
use xshell::cmd;

use super::files::{NextestFiles, hook_script};
use super::junit::{JunitReport, Skips};
use super::shortcut::shortcut;
use super::{NextestArguments, PROFILE};
use crate::build::NextestInputs;
use crate::context::Context;
use crate::error::{Attach as _, Kind};
use crate::exit::Exit;
use crate::keeper::Client;
use crate::report::{Activity, Tests};
use crate::run::RunFolder;
use crate::run::ledger::Ledger;
use crate::system::own_path;
use crate::system::tool::{Finished, Tool};
use crate::workspace::Suite;

/// How long a whole suite may take; single tests have nextest's own limits.
const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// There is nothing to test any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RunLost {
    #[error("the keeper of the run was killed")]
    Keeper,
    #[error("there was nothing to test any more")]
    Folder,
}

/// Runs the suite against the run in `folder`, and says how it ended.
///
/// Nextest's output goes to the terminal, or is kept back if suites run at the same time.
/// Errors: nextest cannot be run at all, or it says that all went well and nothing proves
/// it.
pub(crate) fn run(
    context: &Context,
    suite: &Suite,
    inputs: &NextestInputs,
    arguments: &NextestArguments,
    folder: &RunFolder,
    activity: &Activity,
) -> anyhow::Result<(Exit, Option<Tests>)> {
    let files = NextestFiles::create(folder.path(), inputs)?;
    // It is of an earlier command, and would be taken for what came of this one.
    let _ = std::fs::remove_file(folder.junit());
    let command_id = Uuid::now_v7().simple().to_string();
    let command = nextest(context, suite, inputs, arguments, folder, &files, &command_id)?;
    let finished = finish(context, command, folder, activity);
    let report = JunitReport::read(&files.junit());
    // There is none if nextest ended before its tests.
    let _ = std::fs::rename(files.junit(), folder.junit());
    let finished = finished?;
    let code = finished
        .status
        .code()
        .with_context(|| format!("`{}` {}", finished.line, finished.ended()))?;
    let exit = Exit::from_nextest(code);
    let report = match report {
        Ok(report) => report,
        Err(_) if exit != Exit::Success => return Ok((exit, None)),
        Err(error) => {
            let hint = format!("remove `junit.path` of profile `{PROFILE}` from nextest.toml");
            return Err(error.context("nextest left no report of its tests").hint(hint));
        }
    };
    let skips = Client::connect(folder).and_then(|mut keeper| keeper.skips(&command_id));
    let skips = match skips {
        Ok(skips) => skips,
        Err(_) if exit != Exit::Success => Skips::new(),
        Err(error) => return Err(error.context("cannot learn which tests were skipped")),
    };
    let tests = report.tests(&skips);
    if exit == Exit::Success {
        prove(suite, &report, &tests)?;
    }
    Ok((exit, Some(tests)))
}

/// The call of nextest.
fn nextest(
    context: &Context,
    suite: &Suite,
    inputs: &NextestInputs,
    arguments: &NextestArguments,
    folder: &RunFolder,
    files: &NextestFiles,
    command_id: &str,
) -> anyhow::Result<Command> {
    let program = own_path().context("cannot find this program")?;
    let program = program.to_str().context("the path of this program is not UTF-8")?;
    let tool_config = files.write_tool_config(suite, program)?;
    let shell = context.shell()?;
    let (cargo, metadata, binaries) = (&context.cargo, &inputs.cargo_metadata, files.binaries());
    let filterset = arguments.filterset(&suite.filterset());
    // No terminal that it could look at, and yet there is one.
    let colours = context.ui.keeps_back_for_terminal() && !arguments.says("--color=");
    let rest = colours.then(|| "--color=always".to_owned()).into_iter().chain(arguments.rest());
    let command = cmd!(
        shell,
        "{cargo} nextest run --profile {PROFILE} --cargo-metadata {metadata}
         --binaries-metadata {binaries} --tool-config-file onetag:{tool_config}
         --no-input-handler --no-tests=fail -E {filterset} {rest...}"
    )
    .env(keys::ENV_FILE, folder.environment())
    .env(keys::TEST_COMMAND, command_id)
    .envs(shortcut(folder)?);
    Ok(command.into())
}

/// Runs it to its end, which comes early if the run is lost.
fn finish(
    context: &Context,
    command: Command,
    folder: &RunFolder,
    activity: &Activity,
) -> anyhow::Result<Finished> {
    let ledger = Ledger::open(folder.path())?;
    let mut keeper = Client::connect(folder)?;
    let watch = || {
        ensure!(ledger.is_in_place(), RunLost::Folder);
        ensure!(!keeper.has_ended(), RunLost::Keeper);
        Ok(())
    };
    Tool::new(command, LIMIT)
        .output(context.ui.tool_output(), context.ui.tool_output())
        .into_sink(context.ui.sink(activity))
        .recorded([&ledger])
        .watched(watch)
        .finish(&context.interrupt)
        // Which command it was says nothing of that.
        .map_err(|error| error.downcast::<RunLost>().map_or_else(|error| error, Into::into))
}

/// A suite has passed only if its hook has run before its tests, and at least one of
/// them was not skipped.
fn prove(suite: &Suite, report: &JunitReport, tests: &Tests) -> anyhow::Result<()> {
    let name = &suite.name;
    if !report.script_passed(&hook_script(suite)) {
        return Err(anyhow!("the hook of suite `{name}` did not run before its tests"))
            .kind(Kind::Hook);
    }
    if tests.passed + tests.failed > 0 {
        return Ok(());
    }
    let skipped = tests.skipped.iter().map(|(capability, times)| format!("{times} {capability}"));
    let skipped: Vec<_> = skipped.collect();
    Err(match skipped.as_slice() {
        [] => anyhow!("no test of suite `{name}` was run"),
        _ => anyhow!(
            "every test of suite `{name}` was skipped for lack of capabilities: {}",
            skipped.join(", ")
        ),
    })
    .kind(Kind::NoTests)
}
