//! The laps of one bench, in turns.

use anyhow::{Context as _, ensure};
use camino::Utf8PathBuf;
use serde_json::Value;

use super::edit::{self, Edit};
use super::figures::{Case, Figures};
use super::{Lap, copy};
use crate::context::Context;
use crate::cycle::Job;
use crate::suite::NextestArguments;

/// What is asked for.
pub(crate) struct Asked {
    pub(crate) suite: String,
    /// Laps of each way in each case.
    pub(crate) pairs: usize,
    /// The cargo profile of the services; none for cargo's default.
    pub(crate) profile: Option<String>,
    pub(crate) nextest: NextestArguments,
}

/// What all laps work with.
pub(super) struct Bench<'a> {
    /// Of the copy of the workspace.
    pub(super) context: &'a Context,
    pub(super) job: &'a Job<'a>,
    /// Where what belongs to the bench lies.
    pub(super) folder: Utf8PathBuf,
    pub(super) arguments: &'a NextestArguments,
    pub(super) profile: Option<&'a str>,
    left_out: Vec<String>,
}

/// Measures all cases: nothing changed, a line of a service, a line of a library
/// that services share.
pub(crate) fn measure(mut context: Context, asked: &Asked) -> anyhow::Result<Figures> {
    let target = context.workspace.target_directory.clone();
    let folder = context.layout().bench();
    let root = folder.join("workspace");
    context.ui.line(format!("a copy of the workspace is measured: {root}"));
    copy::refresh(&context.workspace.root, &root, &target)?;
    context.go_to(&root)?;
    // Not the workspace's own: cargo cannot tell copies of a workspace apart.
    context.workspace.target_directory = folder.join("target");
    let job = Job::new(&context, &asked.suite)?;
    let mut service = edit::service(&job.plan)?;
    let library = edit::library(&job.plan, &metadata(&context)?)?;

    let arguments = &asked.nextest;
    let profile = asked.profile.as_deref();
    let mut bench =
        Bench { context: &context, job: &job, folder, arguments, profile, left_out: vec![] };
    context.ui.line("building the copy, and looking which tests can run by hand");
    bench.left_out = bench.not_by_hand()?;
    bench.by_hand()?;
    let first = bench.harness()?;

    let mut cases = vec![bench.case("nothing changed", asked.pairs, || Ok(()))?];
    let before = bench.harness()?.digests;
    cases.push(bench.case_of(&mut service, asked.pairs)?);
    let after = bench.harness()?.digests;
    ensure!(before != after, "changing a line of `{}` changed no byte", service.package);
    if let Some(mut library) = library {
        cases.push(bench.case_of(&mut library, asked.pairs)?);
        let last = bench.harness()?.digests;
        ensure!(last != after, "changing a line of `{}` changed no byte", library.package);
    }
    Ok(Figures { suite: asked.suite.clone(), tests: first.tests, left_out: bench.left_out, cases })
}

fn metadata(context: &Context) -> anyhow::Result<Value> {
    let bytes = crate::workspace::metadata_json(&context.workspace.root, &context.interrupt)?;
    serde_json::from_slice(&bytes).context("cannot read the output of `cargo metadata`")
}

impl Bench<'_> {
    fn case_of(&self, edit: &mut Edit, pairs: usize) -> anyhow::Result<Case> {
        let name = format!("a line of {} changed", edit.package);
        self.case(&name, pairs, || edit.change())
    }

    /// Takes turns, and lets each way begin as often as the other.
    fn case(
        &self,
        name: &str,
        pairs: usize,
        mut change: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<Case> {
        let mut case = Case { name: name.to_owned(), by_hand: vec![], onetag: vec![] };
        for pair in 0..pairs {
            for turn in 0..2 {
                change()?;
                let (way, lap) = match (pair + turn) % 2 {
                    0 => ("by hand", self.by_hand()?),
                    _ => ("onetag", self.harness()?.lap),
                };
                self.tell(name, pair, way, &lap);
                match way {
                    "onetag" => case.onetag.push(lap),
                    _ => case.by_hand.push(lap),
                }
            }
        }
        Ok(case)
    }

    fn tell(&self, case: &str, pair: usize, way: &str, lap: &Lap) {
        self.context.ui.line(format!("{case}, pair {}, {way}: {:.3} s", pair + 1, lap.seconds));
    }

    /// What narrows the suite down to what both ways can run.
    pub(super) fn narrowed(&self) -> Option<String> {
        let left_out: Vec<_> = self.left_out.iter().map(|name| format!("test(={name})")).collect();
        let without = (!left_out.is_empty()).then(|| format!("not ({})", left_out.join(" | ")));
        match (self.arguments.narrows(), without) {
            (Some(asked), Some(without)) => Some(format!("({asked}) & {without}")),
            (asked, without) => asked.or(without),
        }
    }

    /// The whole filterset.
    pub(super) fn filterset(&self) -> String {
        let suite = self.job.suite.filterset();
        match self.narrowed() {
            Some(narrowed) => format!("({suite}) & ({narrowed})"),
            None => suite,
        }
    }
}
