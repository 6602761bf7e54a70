//! The index of finished runs: one line for each, in the order in which they
//! ended.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::Context as _;
use camino::Utf8Path;

use crate::run::{RunId, write_file};

/// Runs and their sizes in bytes, the one that ended last at the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index(pub(super) Vec<(RunId, u64)>);

impl Index {
    /// Reads the index; what cannot be read is not in it.
    pub(super) fn read(path: &Utf8Path) -> Index {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let parse = |line: &str| {
            let (run, size) = line.split_once(' ')?;
            Some((RunId::parse(run).ok()?, size.parse().ok()?))
        };
        Index(text.lines().filter_map(parse).collect())
    }

    /// Enters a run that has just ended.
    pub(super) fn append(path: &Utf8Path, run: RunId, size: u64) -> anyhow::Result<()> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        // The line before may have no end, if its writer was killed.
        file.and_then(|mut file| file.write_all(format!("\n{run} {size}\n").as_bytes()))
            .with_context(|| format!("cannot write to {path}"))
    }

    pub(super) fn write(&self, path: &Utf8Path) -> anyhow::Result<()> {
        let mut text = String::new();
        for (run, size) in &self.0 {
            let _ = writeln!(text, "{run} {size}");
        }
        write_file(path, text.as_bytes())
    }

    /// Those of the index that are there, the oldest first, behind those of
    /// `listed` that do not stand in it: these are of unknown size, and sorted by
    /// when they began.
    pub(super) fn in_order(
        &self,
        there: impl Fn(RunId) -> bool,
        listed: Vec<RunId>,
    ) -> Vec<(RunId, Option<u64>)> {
        let mut seen = BTreeSet::new();
        // From the end: a run that somebody died over while moving it is in here
        // twice.
        let known = self.0.iter().rev().filter(|(run, _)| seen.insert(*run) && there(*run));
        let mut known: Vec<_> = known.map(|(run, size)| (*run, Some(*size))).collect();
        known.reverse();
        let others: BTreeSet<RunId> =
            listed.into_iter().filter(|run| !seen.contains(run)).collect();
        others.into_iter().map(|run| (run, None)).chain(known).collect()
    }
}
