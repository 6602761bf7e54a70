//! How figures are worked out and shown.

use super::*;

fn laps(all: &[f64], steps: &[&str]) -> Vec<Lap> {
    let share = |seconds: f64| {
        steps.iter().map(|step| ((*step).to_owned(), seconds / steps.len() as f64)).collect()
    };
    let lap = |seconds: &f64| {
        let verdict = seconds * 3.0 / 4.0;
        Lap { seconds: *seconds, verdict, steps: share(*seconds) }
    };
    all.iter().map(lap).collect()
}

fn figures() -> Figures {
    let case = |name: &str, by_hand: &[f64], onetag: &[f64]| Case {
        name: name.to_owned(),
        by_hand: laps(by_hand, &["build", "test"]),
        onetag: laps(onetag, &["cargo xtask", "build", "test"]),
        other: vec![],
    };
    Figures {
        suite: "alpha".to_owned(),
        backend: "process".to_owned(),
        other: None,
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

/// The same on podman.
fn figures_of_podman() -> Figures {
    let mut figures = figures();
    (figures.backend, figures.other) = ("podman".to_owned(), Some(Other::Process));
    for case in &mut figures.cases {
        case.other = laps(&[0.5, 1.0], &["build", "test"]);
    }
    figures
}

#[test]
fn on_an_engine_people_see_both_bounds() {
    insta::assert_snapshot!(table(&figures_of_podman()), @r"
    `alpha` on podman: 3 tests, 3 pairs; medians in seconds
    left out on both sides, since by hand there is no control and no witness: 1 test

    from the edit to the verdict
                     by hand   podman  process  by hand / podman  1.5 × process + 0.3
    nothing changed    1.500    1.125    0.562             1.333                1.144
    a line of beta     3.000    3.375    0.562             0.889                1.144

    where the time goes
    nothing changed  by hand  build 1.000, test 1.000
    nothing changed  onetag   cargo xtask 0.500, build 0.500, test 0.500
    nothing changed  process  build 0.375, test 0.375
    a line of beta   by hand  build 2.000, test 2.000
    a line of beta   onetag   cargo xtask 1.500, build 1.500, test 1.500
    a line of beta   process  build 0.375, test 0.375
    ");
}

/// The same in a cluster.
fn figures_of_kube() -> Figures {
    Figures { backend: "kube".to_owned(), other: Some(Other::Kept), ..figures_of_podman() }
}

#[test]
fn in_a_cluster_people_see_a_whole_run_and_a_kept_one() {
    insta::assert_snapshot!(table(&figures_of_kube()), @r"
    `alpha` on kube: 3 tests, 3 pairs; medians in seconds
    left out on both sides, since by hand there is no control and no witness: 1 test

    from the edit to the verdict
                     by hand     kube     kept  by hand / kube  by hand / kept
    nothing changed    1.500    1.125    0.562           1.333           2.667
    a line of beta     3.000    3.375    0.562           0.889           5.333

    where the time goes
    nothing changed  by hand  build 1.000, test 1.000
    nothing changed  onetag   cargo xtask 0.500, build 0.500, test 0.500
    nothing changed  kept     build 0.375, test 0.375
    a line of beta   by hand  build 2.000, test 2.000
    a line of beta   onetag   cargo xtask 1.500, build 1.500, test 1.500
    a line of beta   kept     build 0.375, test 0.375
    ");
}

#[test]
fn programs_get_a_ratio_for_each_case() {
    let document = document(&figures());
    assert_eq!(document["cases"][0]["ratio"], 0.75);
    assert_eq!(document["cases"][1]["ratio"], 1.125);
    assert_eq!(document["cases"][1]["onetag"]["laps"], json!([5.0, 4.0]));
    assert_eq!(document["cases"][0]["by_hand"]["steps"][1]["step"], "test");
    assert_eq!(document["on"], "process");
    assert!(document["cases"][0].get("process").is_none());
}

#[test]
fn on_an_engine_programs_get_all_three_ways() {
    let document = document(&figures_of_podman());
    assert_eq!(document["on"], "podman");
    assert_eq!(document["cases"][0]["verdict_ratio"], 0.75);
    assert_eq!(document["cases"][0]["process"]["verdict"], 0.5625);
}

#[test]
fn in_a_cluster_programs_get_the_kept_run() {
    let document = document(&figures_of_kube());
    assert_eq!(document["on"], "kube");
    assert_eq!(document["cases"][0]["kept"]["verdict"], 0.5625);
    assert!(document["cases"][0].get("process").is_none());
}
