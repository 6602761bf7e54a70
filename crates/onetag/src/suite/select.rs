//! How many tests a suite selects, known before anything is deployed for it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use xshell::cmd;

use super::list::TestList;
use super::{NextestArguments, PROFILE};
use crate::build::NextestInputs;
use crate::build::image::FileIdentity;
use crate::context::Context;
use crate::error::{Attach as _, Kind};
use crate::run::{make_folder, partial, read_json, write_json};
use crate::system::tool::{Output, Tool};
use crate::workspace::Suite;

/// How long listing may take: every test binary lists its tests.
const LIMIT: Duration = Duration::from_secs(120);

/// A count, and what it was worked out from.
#[derive(Deserialize, Serialize)]
struct CachedCount {
    question: Question,
    tests: usize,
}

#[derive(PartialEq, Deserialize, Serialize)]
struct Question {
    filterset: String,
    /// Where the store keeps them, which names their bytes.
    binaries: BTreeMap<String, Utf8PathBuf>,
    configuration: Option<FileIdentity>,
}

/// Counts the tests that the suite's filterset selects, narrowed down by the
/// caller's; asks nextest unless it was asked the same before.
///
/// Errors: there is none, which is class [`Exit::NoTests`]; nextest refuses the
/// filterset.
pub(crate) fn select(
    context: &Context,
    suite: &Suite,
    inputs: &NextestInputs,
    arguments: &NextestArguments,
) -> anyhow::Result<usize> {
    let binaries = inputs.binaries.rust_binaries.iter();
    let configuration = context.workspace.root.join(".config/nextest.toml");
    let question = Question {
        filterset: arguments.filterset(&suite.filterset()),
        binaries: binaries.map(|(id, it)| (id.to_string(), it.binary_path.clone())).collect(),
        configuration: FileIdentity::of_path(&configuration).ok(),
    };
    let cache = context.layout().cache(&context.workspace.root);
    let note = cache.join(format!("tests-{}.json", suite.name));
    let known = match read_json::<CachedCount>(&note) {
        Ok(known) if known.question == question => known,
        _ => {
            let tests = list(context, &question.filterset, inputs)?;
            let known = CachedCount { question, tests };
            make_folder(&cache)?;
            write_json(&note, &known)?;
            known
        }
    };
    if known.tests == 0 {
        let none: anyhow::Result<usize> = Err(anyhow!(
            "suite `{}` selects no test with `{}`\n\
             hint: the tests of the suite are listed by `cargo nextest list --profile {PROFILE} -E '{}'`",
            suite.name,
            known.question.filterset,
            suite.filterset()
        ));
        return none.kind(Kind::NoTests);
    }
    Ok(known.tests)
}

fn list(context: &Context, filterset: &str, inputs: &NextestInputs) -> anyhow::Result<usize> {
    let cache = context.layout().cache(&context.workspace.root);
    let binaries = partial(&cache.join("binaries.json"));
    write_json(&binaries, &inputs.binaries)?;
    let shell = context.shell()?;
    let cargo = &context.cargo;
    let metadata = &inputs.cargo_metadata;
    let command = cmd!(
        shell,
        "{cargo} nextest list --message-format=json --profile {PROFILE} -E {filterset}
         --cargo-metadata {metadata} --binaries-metadata {binaries}"
    );
    let listed = Tool::new(command, LIMIT)
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt);
    let _ = std::fs::remove_file(&binaries);
    let listed = listed?.success()?;
    let list: TestList =
        serde_json::from_slice(&listed.stdout).context("nextest lists in another way")?;
    Ok(list.selected())
}
