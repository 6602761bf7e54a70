//! The verdict of a run.

#[cfg(test)]
#[path = "summary_tests.rs"]
pub(super) mod tests;

use std::fmt::Write as _;

use camino::Utf8Path;

use super::{ExternalReport, RunReport, Tests, counted};

/// The verdict: what came of the run, the digest of each image, what is left,
/// where the rest lies.
///
/// References and the times of the phases have been printed by then.
pub(crate) fn summary(report: &RunReport, folder: &Utf8Path) -> String {
    let verdict = match (report.exit, &report.tests) {
        (0, Some(_)) => "passed",
        (0, None) => "is up",
        _ => "failed",
    };
    let mut text = format!("{} {verdict} in {:.2} s", report.tag, report.own_seconds());
    if let Some(tests) = &report.tests {
        let _ = write!(text, ": {}", describe(tests));
    }
    let names = report.services.iter().map(|service| &service.service);
    let names = names.chain(report.externals.iter().map(|external| &external.external));
    let width = names.map(String::len).max().unwrap_or(0);
    for service in &report.services {
        if let Some(digests) = &service.digests {
            let _ = write!(text, "\n  {:<width$}  {}", service.service, digests.shown());
        }
    }
    for ExternalReport { external, image, digest, .. } in &report.externals {
        if let Some(digest) = digest {
            let _ = write!(text, "\n  {external:<width$}  {digest}  {image}");
        }
    }
    for killed in &report.killed {
        let _ = write!(text, "\n  {killed}");
    }
    for leftover in &report.leftovers {
        let _ = write!(text, "\n  left behind: {leftover}");
    }
    let _ = write!(text, "\n  report and logs: {folder}");
    text
}

pub(super) fn describe(tests: &Tests) -> String {
    let ran = tests.failed + tests.passed;
    let mut text = match tests.failed {
        0 => counted(ran, "test"),
        failed => format!("{failed} of {} failed", counted(ran, "test")),
    };
    if !tests.flaky.is_empty() {
        let flaky: Vec<_> = tests.flaky.iter().map(String::as_str).collect();
        let _ = write!(text, ", failed before they passed: {}", flaky.join(", "));
    }
    if !tests.skipped.is_empty() {
        let by: Vec<_> =
            tests.skipped.iter().map(|(what, times)| format!("{times} {what}")).collect();
        let _ = write!(text, ", skipped for lack of capabilities: {}", by.join(", "));
    }
    text
}
