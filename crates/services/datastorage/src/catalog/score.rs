//! Scoring how well workflows fit a signal, and ranking them.
//!
//! A search first selects workflows by five labels. The score then ranks them
//! by how closely they name the signal:
//!
//! | what the workflow says | points |
//! |---|---|
//! | `signal_type` by name | 35 |
//! | `component` by name | 20 |
//! | `severity` by name | 10 |
//! | `environment` by name | 10 |
//! | `priority` by name | 5 |
//! | further labels, custom and detected | 0 to 20 |
//!
//! A `*` gets no points. The kind of signal and the affected component say most
//! about the remedy, so they count most.
//!
//! The points of the further labels are shared evenly among those that the
//! workflow names: all of a label's share for the value that the signal has,
//! half of it for `*` if the signal has the label at all, nothing if it has
//! another value or lacks the label. A workflow that names none gets half of
//! the 20. Labels of the signal that a workflow does not name change nothing,
//! so more labels on a signal never lower a score.
//!
//! The score is a hundredth of the points. It is 1 for a workflow that names
//! everything about this signal, and 0 for one whose five labels are `*` and
//! whose further labels do not match. A workflow that names the five labels and
//! nothing else has 0.9; one that fits every signal has 0.1.

use std::collections::BTreeMap;

use contract::datastorage::{
    Definition, LabelPattern, WorkflowMatch, WorkflowSearch, WorkflowSummary,
};

/// The points of all further labels together.
const FURTHER: f64 = 20.0;

/// The points of the score 1.
const FULL: f64 = 100.0;

/// The best workflows of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The best workflows, with their ranks from 1 on.
    pub best: Vec<WorkflowMatch>,
    /// How many workflows have at least the requested score.
    pub total: u64,
}

/// How well a workflow fits, from 0 to 1, if its five labels match.
pub fn score(workflow: &Definition, signal: &WorkflowSearch) -> f64 {
    let labels = &workflow.labels;
    let named = [
        (35, names(&labels.signal_type, &signal.signal_type)),
        (20, names(&labels.component, &signal.component)),
        (10, names(&labels.severity, &signal.severity)),
        (10, names(&labels.environment, &signal.environment)),
        (5, names(&labels.priority, &signal.priority)),
    ];
    let five: u32 = named.iter().filter(|(_, named)| *named).map(|(points, _)| points).sum();
    (f64::from(five) + FURTHER * further(workflow, signal)) / FULL
}

/// Ranks workflows by score, and equal scores by age, the newest first. Keeps
/// the best. The input is ordered newest first.
pub fn rank(newest_first: Vec<WorkflowSummary>, search: &WorkflowSearch) -> Ranking {
    let min_score = search.min_score();
    let mut scored: Vec<(f64, WorkflowSummary)> = newest_first
        .into_iter()
        .map(|workflow| (score(&workflow.definition, search), workflow))
        .filter(|(score, _)| *score >= min_score)
        .collect();
    // A stable order: equal scores stay newest first.
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let total = scored.len() as u64;
    let best = (1..=search.top_k())
        .zip(scored)
        .map(|(rank, (score, workflow))| WorkflowMatch { rank, score, workflow })
        .collect();
    Ranking { best, total }
}

fn names<T: PartialEq>(wanted: &LabelPattern<T>, value: &T) -> bool {
    wanted.only() == Some(value)
}

/// The share of the further points, from 0 to 1.
fn further(workflow: &Definition, signal: &WorkflowSearch) -> f64 {
    let pairs = [
        (&workflow.custom_labels, &signal.custom_labels),
        (&workflow.detected_labels, &signal.detected_labels),
    ];
    // In halves, so that sums are exact and equal fits have equal scores.
    let halves: u32 = pairs.iter().map(|(wanted, had)| halves(wanted, had)).sum();
    match pairs.iter().map(|(wanted, _)| wanted.len()).sum::<usize>() {
        0 => 0.5,
        named => f64::from(halves) / (2.0 * named as f64),
    }
}

fn halves(wanted: &BTreeMap<String, LabelPattern<String>>, had: &BTreeMap<String, String>) -> u32 {
    let fit = |(name, wanted): (&String, &LabelPattern<String>)| match (wanted, had.get(name)) {
        (LabelPattern::Only(wanted), Some(had)) if wanted == had => 2,
        (LabelPattern::Any, Some(_)) => 1,
        _ => 0,
    };
    wanted.iter().map(fit).sum()
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
