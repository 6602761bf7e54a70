//! How many tests a suite selects, known before anything is deployed for it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use nextest_metadata::{FilterMatch, ListCommand, MismatchReason, TestListSummary};
use serde::{Deserialize, Serialize};

use super::{NextestArguments, PROFILE};
use crate::build::NextestInputs;
use crate::context::Context;
use crate::exit::{Classify as _, Exit};
use crate::image::FileIdentity;
use crate::run::{make_folder, read_json, write_json};
use crate::tool::{Said, Tool};
use crate::workspace::Suite;

/// How long listing may take: every test binary lists its tests.
const LIMIT: Duration = Duration::from_secs(120);

/// A count, and what it was worked out from.
#[derive(Serialize, Deserialize)]
struct Known {
    question: Question,
    tests: usize,
}

#[derive(PartialEq, Serialize, Deserialize)]
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
        filterset: arguments.filterset(&suite.filter.to_string()),
        binaries: binaries.map(|(id, it)| (id.to_string(), it.binary_path.clone())).collect(),
        configuration: FileIdentity::of_path(&configuration).ok(),
    };
    let cache = context.layout().cache();
    let note = cache.join(format!("tests-{}.json", suite.name));
    let known = match read_json::<Known>(&note) {
        Ok(known) if known.question == question => known,
        _ => {
            let tests = list(context, &question.filterset, inputs)?;
            let known = Known { question, tests };
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
            suite.filter
        ));
        return none.exit(Exit::NoTests);
    }
    Ok(known.tests)
}

fn list(context: &Context, filterset: &str, inputs: &NextestInputs) -> anyhow::Result<usize> {
    let binaries = context.layout().cache().join(format!("binaries-{}.json", std::process::id()));
    write_json(&binaries, &inputs.binaries)?;
    let mut command = ListCommand::new();
    command
        .cargo_path(context.cargo.as_str())
        .current_dir(context.workspace.root.as_path())
        .add_args(["--profile", PROFILE, "-E", filterset])
        .add_args(["--cargo-metadata", inputs.cargo_metadata.as_str()])
        .add_args(["--binaries-metadata", binaries.as_str()]);
    let listed = Tool::new(command.cargo_command(), LIMIT)
        .said(Said::Captured, Said::Captured)
        .finish(&context.interrupt);
    let _ = std::fs::remove_file(&binaries);
    let listed = listed?.success()?;
    let text = String::from_utf8(listed.stdout).context("nextest says something unexpected")?;
    let summary = TestListSummary::parse_json(text).context("nextest lists in another way")?;
    let tests = summary.rust_suites.values().flat_map(|suite| suite.test_cases.values());
    // Whether ignored tests run is decided by another option of the caller's.
    let selected = |found: &FilterMatch| {
        matches!(found, FilterMatch::Matches)
            || matches!(found, FilterMatch::Mismatch { reason: MismatchReason::Ignored })
    };
    Ok(tests.filter(|test| selected(&test.filter_match)).count())
}
