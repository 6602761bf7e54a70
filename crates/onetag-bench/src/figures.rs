//! Medians, ratios, and how they are shown.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::Lap;

/// What was measured.
#[derive(Debug)]
pub struct Figures {
    /// The name of the suite.
    pub suite: String,
    /// How many tests each lap ran.
    pub tests: usize,
    /// Tests that need more than addresses, and so cannot run by hand.
    pub left_out: Vec<String>,
    /// In the order in which they were measured.
    pub cases: Vec<Case>,
}

/// One case: the laps of both ways, taken in turns.
#[derive(Debug)]
pub struct Case {
    /// What was changed before each lap.
    pub name: String,
    /// The laps by hand.
    pub by_hand: Vec<Lap>,
    /// The laps of the harness.
    pub onetag: Vec<Lap>,
}

impl Case {
    /// The median of the harness's laps over the median of those by hand.
    pub fn ratio(&self) -> f64 {
        seconds(&self.onetag) / seconds(&self.by_hand)
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
    let mut text = format!(
        "`{}`: {}, {}; medians in seconds\n",
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
    let _ = writeln!(text, "\n{:<width$}  by hand   onetag    ratio", "");
    for case in &figures.cases {
        let _ = writeln!(
            text,
            "{:<width$}  {:>7.3}  {:>7.3}  {:>7.3}",
            case.name,
            seconds(&case.by_hand),
            seconds(&case.onetag),
            case.ratio()
        );
    }
    text.push_str("\nwhere the time goes\n");
    for case in &figures.cases {
        for (way, laps) in [("by hand", &case.by_hand), ("onetag", &case.onetag)] {
            let steps = steps(laps).into_iter();
            let steps: Vec<_> = steps.map(|(name, took)| format!("{name} {took:.3}")).collect();
            let _ = writeln!(text, "{:<width$}  {way:<7}  {}", case.name, steps.join(", "));
        }
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
        let laps: Vec<f64> = laps.iter().map(|lap| lap.seconds).collect();
        json!({ "seconds": median(laps.clone()), "steps": steps, "laps": laps })
    };
    let case = |case: &Case| {
        json!({
            "case": case.name,
            "ratio": case.ratio(),
            "by_hand": way(&case.by_hand),
            "onetag": way(&case.onetag),
        })
    };
    json!({
        "schema": 1,
        "suite": figures.suite,
        "tests": figures.tests,
        "left_out": figures.left_out,
        "cases": figures.cases.iter().map(case).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laps(all: &[f64], steps: &[&str]) -> Vec<Lap> {
        let share = |seconds: f64| {
            steps.iter().map(|step| ((*step).to_owned(), seconds / steps.len() as f64)).collect()
        };
        all.iter().map(|seconds| Lap { seconds: *seconds, steps: share(*seconds) }).collect()
    }

    fn figures() -> Figures {
        let case = |name: &str, by_hand: &[f64], onetag: &[f64]| Case {
            name: name.to_owned(),
            by_hand: laps(by_hand, &["build", "test"]),
            onetag: laps(onetag, &["cargo xtask", "build", "test"]),
        };
        Figures {
            suite: "alpha".to_owned(),
            tests: 3,
            left_out: vec!["alone::a".to_owned()],
            cases: vec![
                case("nothing changed", &[1.0, 9.0, 2.0], &[1.0, 3.0, 1.5]),
                case("a line of beta", &[4.0, 4.0], &[5.0, 4.0]),
            ],
        }
    }

    #[test]
    fn the_median_is_not_moved_by_one_slow_lap() {
        assert_eq!(median(vec![1.0, 9.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(vec![]).is_nan());
    }

    #[test]
    fn people_get_a_table() {
        insta::assert_snapshot!(table(&figures()), @r"
        `alpha`: 3 tests, 3 pairs; medians in seconds
        left out on both sides, since by hand there is no control and no witness: 1 test

                         by hand   onetag    ratio
        nothing changed    2.000    1.500    0.750
        a line of beta     4.000    4.500    1.125

        where the time goes
        nothing changed  by hand  build 1.000, test 1.000
        nothing changed  onetag   cargo xtask 0.500, build 0.500, test 0.500
        a line of beta   by hand  build 2.000, test 2.000
        a line of beta   onetag   cargo xtask 1.500, build 1.500, test 1.500
        ");
    }

    #[test]
    fn programs_get_a_ratio_for_each_case() {
        let document = document(&figures());
        assert_eq!(document["cases"][0]["ratio"], 0.75);
        assert_eq!(document["cases"][1]["ratio"], 1.125);
        assert_eq!(document["cases"][1]["onetag"]["laps"], json!([5.0, 4.0]));
        assert_eq!(document["cases"][0]["by_hand"]["steps"][1]["step"], "test");
    }
}
