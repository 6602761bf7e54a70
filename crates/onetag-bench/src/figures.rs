//! Medians, ratios, and how they are shown.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::Lap;

/// What was measured.
#[derive(Debug)]
pub struct Figures {
    pub(crate) suite: String,
    /// What the harness calls the place where services run.
    pub(crate) backend: String,
    /// None where they are plain processes.
    pub(crate) other: Option<Other>,
    /// How many tests each lap ran.
    pub(crate) tests: usize,
    /// Tests that need more than addresses, and so cannot run by hand.
    pub(crate) left_out: Vec<String>,
    pub(crate) cases: Vec<Case>,
}

/// Another way of the harness, with which its whole run is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// Plain processes, beside an engine.
    Process,
    /// A kept run, which is what people work on in a cluster.
    Kept,
}

impl Other {
    fn name(self) -> &'static str {
        match self {
            Other::Process => "process",
            Other::Kept => "kept",
        }
    }
}

/// One case: the laps of all ways, taken in turns.
#[derive(Debug)]
pub(crate) struct Case {
    /// What was changed before each lap.
    pub(crate) name: String,
    pub(crate) by_hand: Vec<Lap>,
    pub(crate) onetag: Vec<Lap>,
    /// Of the harness another way, see [`Figures::other`]; empty if there is none.
    pub(crate) other: Vec<Lap>,
}

impl Case {
    /// The median of the harness's laps over the median of those by hand.
    fn ratio(&self) -> f64 {
        seconds(&self.onetag) / seconds(&self.by_hand)
    }

    /// The same until the verdict.
    fn verdict_ratio(&self) -> f64 {
        verdict(&self.onetag) / verdict(&self.by_hand)
    }
}

/// So many of something, in words: `1 test`, `2 tests`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The median time of some laps.
fn seconds(laps: &[Lap]) -> f64 {
    median(laps.iter().map(|lap| lap.seconds).collect())
}

/// The median time until the verdict.
fn verdict(laps: &[Lap]) -> f64 {
    median(laps.iter().map(|lap| lap.verdict).collect())
}

/// The median time of each step, in the order of the first lap.
fn steps(laps: &[Lap]) -> Vec<(&str, f64)> {
    let first = laps.first().map(|lap| lap.steps.as_slice()).unwrap_or_default();
    let of_step = |name: &str| {
        let all = laps.iter().flat_map(|lap| &lap.steps).filter(|(step, _)| step == name);
        median(all.map(|(_, seconds)| *seconds).collect())
    };
    first.iter().map(|(name, _)| (name.as_str(), of_step(name))).collect()
}

/// Of an even number the mean of the two in the middle; of none it is no number.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

/// The figures for people.
pub fn table(figures: &Figures) -> String {
    let pairs = figures.cases.iter().map(|case| case.onetag.len()).max().unwrap_or(0);
    let place = figures.other.map(|_| format!(" on {}", figures.backend)).unwrap_or_default();
    let mut text = format!(
        "`{}`{place}: {}, {}; medians in seconds\n",
        figures.suite,
        counted(figures.tests, "test"),
        counted(pairs, "pair")
    );
    if !figures.left_out.is_empty() {
        let _ = writeln!(
            text,
            "left out on both sides, since by hand there is no control and no witness: {}",
            counted(figures.left_out.len(), "test")
        );
    }
    let width = figures.cases.iter().map(|case| case.name.len()).max().unwrap_or(0);
    text.push_str(&match figures.other {
        None => ratios(figures, width),
        Some(other) => verdicts(figures, other, width),
    });
    text.push_str("\nwhere the time goes\n");
    let other = figures.other.map_or("", Other::name);
    for case in &figures.cases {
        let ways = [("by hand", &case.by_hand), ("onetag", &case.onetag), (other, &case.other)];
        for (way, laps) in ways.into_iter().filter(|(_, laps)| !laps.is_empty()) {
            let steps = steps(laps).into_iter();
            let steps: Vec<_> = steps.map(|(name, took)| format!("{name} {took:.3}")).collect();
            let _ = writeln!(text, "{:<width$}  {way:<7}  {}", case.name, steps.join(", "));
        }
    }
    text
}

/// How the harness compares with plain processes by hand.
fn ratios(figures: &Figures, width: usize) -> String {
    let mut text = format!("\n{:<width$}  by hand   onetag    ratio\n", "");
    for case in &figures.cases {
        let (by_hand, onetag) = (seconds(&case.by_hand), seconds(&case.onetag));
        let (name, ratio) = (&case.name, case.ratio());
        let _ = writeln!(text, "{name:<width$}  {by_hand:>7.3}  {onetag:>7.3}  {ratio:>7.3}");
    }
    text
}

/// How it compares with an engine or a cluster by hand, and with itself another way. On an
/// engine the verdict is to be there in half the time by hand, and in 1.5 times that with
/// plain processes and 0.3 s.
fn verdicts(figures: &Figures, other: Other, width: usize) -> String {
    let backend = &figures.backend;
    let times = format!("by hand / {backend}");
    let (last, in_last): (_, fn(f64, f64) -> f64) = match other {
        Other::Process => ("1.5 × process + 0.3", |_, process| 1.5 * process + 0.3),
        Other::Kept => ("by hand / kept", |by_hand, kept| by_hand / kept),
    };
    let (first_width, last_width) = (times.len(), last.chars().count());
    let name = other.name();
    let mut text = format!(
        "\nfrom the edit to the verdict\n{:<width$}  by hand  {backend:>7}  {name:>7}  {times}  {last}\n",
        ""
    );
    for case in &figures.cases {
        let ways = [&case.by_hand, &case.onetag, &case.other];
        let [by_hand, onetag, other] = ways.map(|laps| verdict(laps));
        let (name, times, last) = (&case.name, by_hand / onetag, in_last(by_hand, other));
        let _ = writeln!(
            text,
            "{name:<width$}  {by_hand:>7.3}  {onetag:>7.3}  {other:>7.3}  {times:>first_width$.3}  \
             {last:>last_width$.3}"
        );
    }
    text
}

/// The figures for programs; described in `crates/onetag/docs/bench.md`.
pub fn document(figures: &Figures) -> Value {
    let way = |laps: &[Lap]| {
        let steps: Vec<Value> = steps(laps)
            .into_iter()
            .map(|(step, seconds)| json!({ "step": step, "seconds": seconds }))
            .collect();
        let verdict = verdict(laps);
        let laps: Vec<f64> = laps.iter().map(|lap| lap.seconds).collect();
        json!({ "seconds": median(laps.clone()), "verdict": verdict, "steps": steps, "laps": laps })
    };
    let case = |case: &Case| {
        let mut of_case = json!({
            "case": case.name,
            "ratio": case.ratio(),
            "verdict_ratio": case.verdict_ratio(),
            "by_hand": way(&case.by_hand),
            "onetag": way(&case.onetag),
        });
        if let Some(other) = figures.other {
            of_case[other.name()] = way(&case.other);
        }
        of_case
    };
    json!({
        "schema": 1,
        "suite": figures.suite,
        "on": figures.backend,
        "tests": figures.tests,
        "left_out": figures.left_out,
        "cases": figures.cases.iter().map(case).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
