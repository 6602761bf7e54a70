//! The last words of a run.

use std::fmt::Write as _;

use super::{RunReport, counted};
use crate::suite::Tests;

/// The summary of a run: verdict, images, time per phase, where the rest lies.
pub(crate) fn summary(report: &RunReport, folder: &camino::Utf8Path) -> String {
    let mut text = String::new();
    let verdict = match (report.exit, &report.tests) {
        (0, Some(_)) => "passed",
        (0, None) => "is up",
        _ => "failed",
    };
    let tests = report.tests.as_ref().map(|tests| format!(", {}", told(tests)));
    let tests = tests.unwrap_or_default();
    let _ = writeln!(text, "{} {verdict} in {:.2} s{tests}", report.tag, report.seconds);
    let width = report.services.iter().map(|service| service.service.len()).max().unwrap_or(0);
    for service in &report.services {
        if let Some(digests) = &service.digests {
            let _ = writeln!(
                text,
                "  {:<width$}  {}  {}",
                service.service, digests.manifest, service.reference
            );
        }
    }
    let phases: Vec<String> =
        report.phases.iter().map(|time| format!("{} {:.2}", time.phase, time.seconds)).collect();
    let _ = writeln!(text, "  seconds: {}", phases.join(", "));
    for leftover in &report.leftovers {
        let _ = writeln!(text, "  left behind: {} {}", leftover.kind, leftover.name);
    }
    let _ = write!(text, "  report and logs: {folder}");
    text
}

fn told(tests: &Tests) -> String {
    let mut text = if tests.failed > 0 {
        format!("{} of {} tests are red", tests.failed, tests.failed + tests.passed)
    } else {
        counted(tests.passed, "test")
    };
    if !tests.skipped.is_empty() {
        let by: Vec<_> =
            tests.skipped.iter().map(|(what, times)| format!("{times} {what}")).collect();
        let _ = write!(text, ", skipped for lack of capabilities: {}", by.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{PhaseTime, ServiceReport};

    fn report() -> RunReport {
        RunReport {
            run_id: crate::run::RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap(),
            tag: "alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80".to_owned(),
            consumer: "alpha".to_owned(),
            backend: "process".to_owned(),
            exit: 0,
            failed_phase: None,
            error: None,
            kept: false,
            seconds: 1.234,
            phases: vec![
                PhaseTime { phase: "mint", seconds: 0.004 },
                PhaseTime { phase: "build", seconds: 0.52 },
            ],
            services: vec![ServiceReport {
                service: "beta".to_owned(),
                reference: "localhost/beta:alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80".to_owned(),
                digests: None,
                url: None,
            }],
            tests: Some(Tests { passed: 6, ..Tests::default() }),
            leftovers: vec![],
            folder: "/w/target/onetag/finished/x".into(),
        }
    }

    #[test]
    fn a_green_run() {
        insta::assert_snapshot!(summary(&report(), "target/onetag/finished/x".into()), @r"
        alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80 passed in 1.23 s, 6 tests
          seconds: mint 0.00, build 0.52
          report and logs: target/onetag/finished/x
        ");
    }

    #[test]
    fn a_red_run_that_left_something() {
        let mut report = report();
        report.exit = 100;
        let skipped = [("pause".to_owned(), 3)].into();
        report.tests = Some(Tests { passed: 4, failed: 2, skipped, ..Tests::default() });
        report.leftovers = vec![crate::cycle::teardown::Leftover {
            kind: "process",
            name: "17 (beta)".to_owned(),
        }];
        insta::assert_snapshot!(summary(&report, "target/onetag/finished/x".into()), @r"
        alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80 failed in 1.23 s, 2 of 6 tests are red, skipped for lack of capabilities: 3 pause
          seconds: mint 0.00, build 0.52
          left behind: process 17 (beta)
          report and logs: target/onetag/finished/x
        ");
    }
}
