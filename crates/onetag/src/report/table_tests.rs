//! Tables, as they are printed.

use std::time::Duration;

use super::table;
use crate::report::summary::tests::report;
use crate::report::{NotRun, PhaseTime, RunReport, Tests, WAIT};

#[test]
fn a_table_has_a_row_for_each_suite() {
    let passed = report();
    let tests = Some(Tests { passed: 4, failed: 2, ..Tests::default() });
    let tested = Some("test".to_owned());
    let failed = RunReport {
        consumer: "orders-queue".to_owned(),
        exit: 100,
        failed_phase: tested,
        tests,
        kept: true,
        ..report()
    };
    let wait = PhaseTime { phase: WAIT, seconds: 20.0 };
    let waited = RunReport {
        consumer: "beta".to_owned(),
        exit: 1,
        failed_phase: Some("deploy".to_owned()),
        tests: None,
        seconds: 31.5,
        phases: vec![wait],
        ..report()
    };
    let reason = "the backend `podman` runs published images".to_owned();
    let not_run = NotRun { suite: "stock-search".to_owned(), reason };
    let runs = [&passed, &failed, &waited];
    insta::assert_snapshot!(table(&runs, &[not_run], Duration::from_millis(31_600)), @"
    suite         tag                                     tests                   time  verdict
    alpha         alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80  6 tests               1.23 s  passed
    orders-queue  alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80  2 of 6 tests failed   1.23 s  failed in test, code 100, kept
    beta          alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80  -                    11.50 s  failed in deploy, code 1
    stock-search  -                                       -                          -  not run: the backend `podman` runs published images
    4 suites in 31.60 s: 1 passed, 2 failed, 1 not run
    ");
}
