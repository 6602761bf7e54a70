//! How figures are worked out and shown.

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
