//! Each step of a backend, failing, hanging and lying: the error names the step, the
//! code is right, and nothing is left or it is named.

use super::fixture::FakeProject;
use crate::exit;

/// Faults, the code of the run, and what is said.
type Case<'a> = (&'a [&'a str], i32, &'a [&'a str]);

#[track_caller]
fn check(cases: &[Case<'_>]) {
    let fake = FakeProject::new(&[]);
    for (faults, code, says) in cases {
        fake.faults(faults);
        let output = fake.e2e();
        output.exits(*code);
        for text in *says {
            output.says(text);
        }
        // The report names the rest.
        for name in fake.left() {
            output.says(&format!("left behind: object {name}"));
        }
        fake.remove_left();
    }
}

#[test]
fn while_a_run_is_prepared_and_loaded() {
    check(&[
        (
            &["prepare fail"],
            exit::FAILURE,
            &["fails at the step `prepare`", "hint: take `prepare fail` out of its faults"],
        ),
        (&["prepare hang"], exit::FAILURE, &["preparing the run took longer than 3s"]),
        (
            &["load fail"],
            exit::FAILURE,
            &["cannot load localhost/", "fails at the step `load`", "hint: take `load fail` out"],
        ),
        (&["load hang"], exit::FAILURE, &["loading localhost/", "took longer than 3s"]),
        (&["load lie"], exit::FAILURE, &["in the image store of `fake`, and not what was built"]),
    ]);
}

#[test]
fn while_services_start() {
    check(&[
        (
            &["start fail"],
            exit::FAILURE,
            &["fails at the step `start`", "hint: take `start fail` out of its faults"],
        ),
        (&["start hang"], exit::FAILURE, &["starting beta took longer than 3s"]),
        (&["start lie"], exit::FAILURE, &["service `beta` was never made before it was ready"]),
        (
            &["probe fail"],
            exit::FAILURE,
            &["fails at the step `probe`", "hint: take `probe fail` out"],
        ),
        (
            &["probe hang"],
            exit::FAILURE,
            &["waiting until service `beta` is ready took longer than 4s, the limit of"],
        ),
        (&["probe lie"], exit::SUCCESS, &[]),
    ]);
}

#[test]
fn while_services_are_looked_at() {
    check(&[
        (
            &["state fail"],
            exit::FAILURE,
            &["service `beta` has no known state: the fake backend fails at the step `state`"],
        ),
        (&["state hang"], exit::FAILURE, &["asking for the state of service `beta` took longer"]),
        (&["state lie"], exit::FAILURE, &["service `beta` ended with code 7 before it was ready"]),
        (
            &["witness fail"],
            exit::FAILURE,
            &["cannot see what service `beta` runs", "hint: take `witness fail` out"],
        ),
        (
            &["witness hang"],
            exit::FAILURE,
            &["looking at what runs of `beta`, `alpha` took longer"],
        ),
        (
            &["witness lie"],
            exit::FAILURE,
            &["`beta-0` runs sha256:", "which is none of the digests"],
        ),
    ]);
}

#[test]
fn while_a_run_ends() {
    check(&[
        // What is not to be had of a log is no failure of a green run.
        (&["logs fail"], exit::SUCCESS, &[]),
        (&["logs hang"], exit::SUCCESS, &[]),
        (&["logs lie"], exit::SUCCESS, &[]),
        // What could not be stopped is removed.
        (&["stop fail"], exit::SUCCESS, &[]),
        (&["stop hang"], exit::SUCCESS, &[]),
        (&["stop lie"], exit::SUCCESS, &[]),
    ]);
}

#[test]
fn while_a_run_is_removed() {
    check(&[
        (
            &["remove fail"],
            exit::FAILURE,
            &["left behind: resource object beta: the fake backend fails at the step `remove`"],
        ),
        (
            &["stop lie", "remove hang"],
            exit::FAILURE,
            &["removing the object of `beta` took longer than 3s"],
        ),
        (&["remove lie"], exit::SUCCESS, &[]),
        (&["stop lie", "remove lie"], exit::FAILURE, &["left behind: object "]),
        (&["leftovers fail"], exit::FAILURE, &["fails at the step `leftovers`"]),
        (&["leftovers hang"], exit::FAILURE, &["looking for what the backend left took longer"]),
        (&["leftovers lie"], exit::SUCCESS, &[]),
    ]);
}
