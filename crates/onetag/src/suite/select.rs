//! How many tests a suite selects, known before anything is deployed for it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use nextest_metadata::{NextestExitCode, TestListSummary};
use xshell::cmd;

use super::files::NextestFiles;
use super::{NextestArguments, PROFILE};
use crate::build::NextestInputs;
use crate::build::image::FileIdentity;
use crate::context::Context;
use crate::error::{Attach as _, Kind};
use crate::run::{make_folder, read_json, write_json};
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
    /// What else selects tests.
    filters: Vec<String>,
    /// Where the executable cache keeps them, which names their bytes.
    binaries: BTreeMap<String, Utf8PathBuf>,
    /// The package graph, which filtersets can ask about.
    graph: Option<FileIdentity>,
    configuration: Option<FileIdentity>,
}

/// Counts the tests that the suite's filterset selects, narrowed down by the
/// caller's arguments; asks nextest unless it was asked the same before.
///
/// Errors: there is none, which is of class [`Kind::NoTests`]; nextest refuses the
/// filterset.
pub(crate) fn select(
    context: &Context,
    suite: &Suite,
    inputs: &NextestInputs,
    arguments: &NextestArguments,
) -> anyhow::Result<usize> {
    // Those of other suites that the command tests as well change nothing here.
    let is_own = |id: &str| suite.test_ids.iter().any(|own| own == id);
    let binaries = inputs.binaries.rust_binaries.iter().filter(|(id, _)| is_own(id.as_str()));
    let configuration = context.workspace.root.join(".config/nextest.toml");
    let question = Question {
        filterset: arguments.filterset(&suite.filterset()),
        filters: arguments.filters().to_vec(),
        binaries: binaries
            .map(|(id, binary)| (id.to_string(), binary.binary_path.clone()))
            .collect(),
        graph: FileIdentity::of_path(&inputs.cargo_metadata).ok(),
        configuration: FileIdentity::of_path(&configuration).ok(),
    };
    let cache = context.layout().cache(&context.workspace.root);
    let cached = cache.join(format!("tests-{}.json", suite.name));
    match read_json::<CachedCount>(&cached) {
        Ok(CachedCount { question: same, tests }) if same == question => return Ok(tests),
        _ => {}
    }
    make_folder(&cache)?;
    // Who wrote the filterset that nextest may refuse.
    let author = if arguments.narrows().is_some() { Kind::Usage } else { Kind::Metadata };
    let tests = list(context, &question, inputs, author)?;
    if tests == 0 {
        // Not kept: binaries may find their tests in files of their own.
        let filters = question.filters.iter().map(|filter| format!(" {filter}"));
        return Err(anyhow!(
            "suite `{}` selects no test with `{}`{}",
            suite.name,
            question.filterset,
            filters.collect::<String>()
        ))
        .kind(Kind::NoTests)
        .hint(format!(
            "the tests of the suite are listed by `cargo nextest list --profile {PROFILE} -E '{}'`",
            suite.filterset()
        ));
    }
    write_json(&cached, &CachedCount { question, tests })?;
    Ok(tests)
}

fn list(
    context: &Context,
    question: &Question,
    inputs: &NextestInputs,
    author: Kind,
) -> anyhow::Result<usize> {
    let cache = context.layout().cache(&context.workspace.root);
    let files = NextestFiles::create(&cache, inputs)?;
    let shell = context.shell()?;
    let (cargo, metadata, binaries) = (&context.cargo, &inputs.cargo_metadata, files.binaries());
    let Question { filterset, filters, .. } = question;
    let command = cmd!(
        shell,
        "{cargo} nextest list --message-format=json --profile {PROFILE} -E {filterset}
         --cargo-metadata {metadata} --binaries-metadata {binaries} {filters...}"
    );
    let listed = Tool::new(command, LIMIT)
        .output(Output::Capture, Output::Capture)
        .finish(&context.interrupt)?;
    if listed.status.code() == Some(NextestExitCode::INVALID_FILTERSET) {
        let reason = String::from_utf8_lossy(&listed.stderr);
        let error = anyhow!("nextest refuses the filterset `{filterset}`\n{}", reason.trim_end());
        return Err(error.kind(author));
    }
    let listed = listed.success()?;
    let list = serde_json::from_slice(&listed.stdout).context("cannot read nextest's list")?;
    Ok(selected(&list))
}

fn selected(list: &TestListSummary) -> usize {
    let tests = list.rust_suites.values().flat_map(|binary| binary.test_cases.values());
    tests.filter(|test| test.filter_match.is_match()).count()
}
