//! The table that ends the output of a command with several suites.

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;

use std::fmt::Write as _;
use std::time::Duration;

use super::summary::describe;
use super::{NotRun, RunReport, counted};

/// A row for each suite, and how many passed; the whole command took so long.
pub(crate) fn table(runs: &[&RunReport], not_run: &[NotRun], took: Duration) -> String {
    let titles = ["suite", "tag", "tests", "time", "verdict"].map(str::to_owned);
    let rows = [titles].into_iter().chain(runs.iter().map(|run| row(run)));
    let left_out = not_run.iter().map(|NotRun { suite, reason }| {
        [
            suite.clone(),
            "-".to_owned(),
            "-".to_owned(),
            "-".to_owned(),
            format!("not run: {reason}"),
        ]
    });
    let rows: Vec<_> = rows.chain(left_out).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [suite, tag, tests, time] = [0, 1, 2, 3].map(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for row in &rows {
        let _ = writeln!(
            text,
            "{:<suite$}  {:<tag$}  {:<tests$}  {:>time$}  {}",
            row[0], row[1], row[2], row[3], row[4]
        );
    }
    let passed = runs.iter().filter(|run| run.exit == 0).count();
    let counts = [(passed, "passed"), (runs.len() - passed, "failed"), (not_run.len(), "not run")];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    let all = counted(runs.len() + not_run.len(), "suite");
    let _ = write!(text, "{all} in {:.2} s: {}", took.as_secs_f64(), counts.join(", "));
    text
}

fn row(run: &RunReport) -> [String; 5] {
    let kept = if run.kept { ", kept" } else { "" };
    let verdict = match (run.exit, &run.failed_phase) {
        (0, _) => "passed".to_owned(),
        (exit, Some(phase)) => format!("failed in {phase}, code {exit}"),
        (exit, None) => format!("failed, code {exit}"),
    };
    [
        run.consumer.clone(),
        run.tag.clone(),
        run.tests.as_ref().map_or_else(|| "-".to_owned(), describe),
        format!("{:.2} s", run.own_seconds()),
        verdict + kept,
    ]
}
