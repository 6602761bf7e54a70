//! How many tests a suite selects, known before anything is deployed for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use nextest_metadata::{NextestExitCode, TestListSummary};
use serde::{Deserialize, Serialize};
use xshell::cmd;

use super::files::NextestFiles;
use super::listed::Listed;
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

impl Question {
    fn new(
        context: &Context,
        suite: &Suite,
        inputs: &NextestInputs,
        arguments: &NextestArguments,
    ) -> Question {
        // Binaries of other suites that the command tests as well change nothing here.
        let binaries = inputs.binaries.rust_binaries.iter();
        let binaries = binaries.filter(|(id, _)| suite.has_binary(id.as_str()));
        let configuration = context.workspace.root.join(".config/nextest.toml");
        Question {
            filterset: arguments.filterset(&suite.filterset()),
            filters: arguments.filters().to_vec(),
            binaries: binaries
                .map(|(id, binary)| (id.to_string(), binary.binary_path.clone()))
                .collect(),
            graph: FileIdentity::of_path(&inputs.cargo_metadata).ok(),
            configuration: FileIdentity::of_path(&configuration).ok(),
        }
    }

    /// What the answer was when this was asked before.
    fn answered(&self, context: &Context, suite: &Suite) -> Option<usize> {
        let CachedCount { question, tests } = read_json(&cached(context, suite)).ok()?;
        (question == *self).then_some(tests)
    }
}

fn cached(context: &Context, suite: &Suite) -> Utf8PathBuf {
    context.layout().cache(&context.workspace.root).join(format!("tests-{}.json", suite.name))
}

/// The suites of one command. Nextest lists the tests of all of them once, as soon as
/// the count of one has to be known.
pub(crate) struct Selection<'a> {
    suites: Vec<&'a Suite>,
    inputs: &'a NextestInputs,
    arguments: &'a NextestArguments,
    listed: OnceLock<BTreeMap<String, Listed>>,
}

impl<'a> Selection<'a> {
    pub(crate) fn new(
        suites: Vec<&'a Suite>,
        inputs: &'a NextestInputs,
        arguments: &'a NextestArguments,
    ) -> Selection<'a> {
        Selection { suites, inputs, arguments, listed: OnceLock::new() }
    }

    /// Counts the tests that a suite's filterset selects, narrowed down by the caller's
    /// arguments; asks nextest unless it was asked the same before.
    ///
    /// Errors: there is none, which is of class [`Kind::NoTests`]; nextest refuses the
    /// filterset.
    pub(crate) fn count(&self, context: &Context, suite: &Suite) -> anyhow::Result<usize> {
        let Selection { inputs, arguments, .. } = *self;
        let question = Question::new(context, suite, inputs, arguments);
        if let Some(tests) = question.answered(context, suite) {
            return Ok(tests);
        }
        make_folder(&context.layout().cache(&context.workspace.root))?;
        let together = self.listed.get_or_init(|| self.list_together(context));
        let listed = match together.get(&suite.name) {
            Some(listed) => listed.clone(),
            None => {
                // Who wrote the filterset that nextest may refuse.
                let author =
                    if arguments.narrows().is_some() { Kind::Usage } else { Kind::Metadata };
                let list = list(context, &question.filterset, inputs, arguments, author)?;
                Listed::of(&list, suite)
            }
        };
        // Not kept: binaries may find their tests in files of their own.
        self.refuse_empty(&listed, suite, &question)?;
        let tests = listed.tests;
        write_json(&cached(context, suite), &CachedCount { question, tests })?;
        Ok(tests)
    }

    /// Each binary of a suite has to have a test that is selected, unless the caller asked
    /// for less: a binary that proves nothing would be green.
    fn refuse_empty(
        &self,
        listed: &Listed,
        suite: &Suite,
        question: &Question,
    ) -> anyhow::Result<()> {
        let asked_for_less =
            self.arguments.narrows().is_some() || !self.arguments.filters().is_empty();
        let binary = match &listed.empty {
            _ if listed.tests == 0 => String::new(),
            Some((id, _)) if !asked_for_less => format!(" of `{id}`"),
            _ => return Ok(()),
        };
        let filters = question.filters.iter().map(|filter| format!(" {filter}"));
        let filters: String = filters.collect();
        let (name, filterset) = (&suite.name, &question.filterset);
        let hint = listed.hint(suite).unwrap_or_else(|| {
            format!(
                "the tests of the suite are listed by \
                 `cargo nextest list --profile {PROFILE} -E '{}'`",
                suite.filterset()
            )
        });
        Err(anyhow!("suite `{name}` selects no test{binary} with `{filterset}`{filters}"))
            .kind(Kind::NoTests)
            .hint(hint)
    }

    /// The counts of all suites that are not known, by one list. None if each has to be
    /// asked for alone: two suites share a binary, a partition is one of each suite's
    /// own tests, or nextest fails, which concerns one of them only.
    fn list_together(&self, context: &Context) -> BTreeMap<String, Listed> {
        let Selection { inputs, arguments, .. } = *self;
        let is_unknown = |suite: &&&Suite| {
            Question::new(context, suite, inputs, arguments).answered(context, suite).is_none()
        };
        let unknown: Vec<_> = self.suites.iter().filter(is_unknown).collect();
        let ids: Vec<_> = unknown.iter().flat_map(|suite| &suite.test_ids).collect();
        let share = ids.iter().collect::<BTreeSet<_>>().len() < ids.len();
        if unknown.len() < 2 || share || arguments.has_partition() {
            return BTreeMap::new();
        }
        let filtersets: Vec<_> = unknown.iter().map(|suite| suite.filterset()).collect();
        let filterset = arguments.filterset(&format!("({})", filtersets.join(") | (")));
        let listed = list(context, &filterset, inputs, arguments, Kind::Metadata);
        listed.map_or_else(
            |_| BTreeMap::new(),
            |list| unknown.iter().map(|s| (s.name.clone(), Listed::of(&list, s))).collect(),
        )
    }
}

fn list(
    context: &Context,
    filterset: &str,
    inputs: &NextestInputs,
    arguments: &NextestArguments,
    author: Kind,
) -> anyhow::Result<TestListSummary> {
    let cache = context.layout().cache(&context.workspace.root);
    let files = NextestFiles::create(&cache, inputs)?;
    let shell = context.shell()?;
    let (cargo, metadata, binaries) = (&context.cargo, &inputs.cargo_metadata, files.binaries());
    let filters = arguments.filters();
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
    serde_json::from_slice(&listed.stdout).context("cannot read nextest's list")
}
