//! Phase 6: nextest, with the build reused and the suite's filterset.

mod arguments;
mod junit;
mod list;
mod select;
mod shortcut;
mod version;

use std::time::Duration;

use anyhow::Context as _;
use xshell::cmd;

pub(crate) use arguments::NextestArguments;
pub(crate) use junit::not_passed;
pub(crate) use select::select;
pub(crate) use shortcut::arguments as program_arguments;
pub(crate) use version::check_version;

use crate::build::NextestInputs;
use crate::context::Context;
use crate::exit::Exit;
use crate::report::Tests;
use crate::run::ledger::Ledger;
use crate::run::{RunFolder, write_file, write_json};
use crate::system::tool::Tool;
use crate::workspace::Suite;

/// The profile of `.config/nextest.toml` that end-to-end suites run with.
pub(crate) const PROFILE: &str = "e2e";

/// How long a whole suite may take; single tests have nextest's own limits.
const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// Runs the suite against the run in `folder`, and says how it ended.
///
/// Nextest's output goes to the terminal. Errors: nextest cannot be run at all.
pub(crate) fn run(
    context: &Context,
    suite: &Suite,
    inputs: &NextestInputs,
    arguments: &NextestArguments,
    folder: &RunFolder,
) -> anyhow::Result<(Exit, Option<Tests>)> {
    // Of this command alone: several may test the same kept run at once, each with
    // what it built. What they leave when they are killed goes with the run.
    let own = |name: &str, ending: &str| {
        folder.path().join(format!("{name}-{}.{ending}", std::process::id()))
    };
    let (junit, tool_config) = (own("junit", "xml"), own("nextest", "toml"));
    // It is of an earlier command, and would be taken for what came of this one.
    let _ = std::fs::remove_file(folder.junit());
    // Tests that were skipped have passed for nextest, and only say so.
    let text = format!(
        "[profile.{PROFILE}.junit]\npath = {}\nstore-success-output = true\n",
        toml_string(junit.as_str())
    );
    write_file(&tool_config, text.as_bytes())?;
    let binaries = own("binaries", "json");
    write_json(&binaries, &inputs.binaries)?;

    let shell = context.shell()?;
    let (cargo, metadata) = (&context.cargo, &inputs.cargo_metadata);
    let filterset = arguments.filterset(&suite.filterset());
    let rest = arguments.rest();
    let command = cmd!(
        shell,
        "{cargo} nextest run --profile {PROFILE} --cargo-metadata {metadata}
         --binaries-metadata {binaries} --tool-config-file onetag:{tool_config}
         --no-input-handler -E {filterset} {rest...}"
    )
    .env(onetag_env::keys::ENV_FILE, folder.environment())
    .envs(shortcut::shortcut(folder)?);
    let ledger = Ledger::open(folder.path())?;
    let finished = Tool::new(command, LIMIT)
        .output(context.ui.tool_output(), context.ui.tool_output())
        .recorded([&ledger])
        .finish(&context.interrupt);
    let tests = Tests::read(&junit);
    // There is none if nextest ended before its tests.
    let _ = std::fs::rename(&junit, folder.junit());
    for file in [tool_config, binaries] {
        let _ = std::fs::remove_file(file);
    }
    let finished = finished?;
    let code = finished
        .status
        .code()
        .with_context(|| format!("`{}` {}", finished.line, finished.ended()))?;
    Ok((Exit::from_nextest(code), tests))
}

/// A basic string of TOML.
pub(crate) fn toml_string(text: &str) -> String {
    // JSON's escapes are a subset of TOML's.
    serde_json::Value::from(text).to_string()
}
