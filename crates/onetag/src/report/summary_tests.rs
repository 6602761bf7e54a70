//! Verdicts, as they are printed.

use super::summary;
use crate::backend::Expected;
use crate::build::image::{Digest, Digests};
use crate::report::{
    ExternalReport, KilledService, Leftover, PhaseTime, RunReport, ServiceReport, Tests,
};
use crate::run::RunId;

const TAG: &str = "alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80";

pub(crate) fn report() -> RunReport {
    let digest = |text: &str| Digest::of(text.as_bytes());
    let digests = Expected::OneOf(Digests {
        config: digest("config"),
        manifest: digest("manifest"),
        executable: digest("executable"),
    });
    let service = |name: &str, digests| ServiceReport {
        service: name.to_owned(),
        reference: format!("localhost/{name}:{TAG}"),
        digests,
        url: None,
    };
    RunReport {
        run_id: RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap(),
        tag: TAG.to_owned(),
        consumer: "alpha".to_owned(),
        backend: crate::backend::BackendKind::Process,
        exit: 0,
        failed_phase: None,
        error: None,
        kept: false,
        seconds: 1.234,
        phases: vec![PhaseTime { phase: "build", seconds: 0.52 }],
        services: vec![service("alpha", Some(digests)), service("be", Some(digests))],
        externals: vec![ExternalReport {
            external: "cache".to_owned(),
            image: "/usr/bin/redis-server".to_owned(),
            version: None,
            digest: Some(digest("executable")),
            url: None,
        }],
        tests: Some(Tests { passed: 6, ..Tests::default() }),
        killed: vec![],
        leftovers: vec![],
        folder: "/w/target/onetag/finished/x".into(),
    }
}

#[test]
fn a_run_whose_tests_passed() {
    insta::assert_snapshot!(summary(&report(), "target/onetag/finished/x".into()), @"
    alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80 passed in 1.23 s: 6 tests
      alpha  sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f
      be     sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f
      cache  sha256:a29c2123a01df1d0febb9d308a20d8a2fe3d40a91ca8b1294f59f08f9773ebea  /usr/bin/redis-server
      report and logs: target/onetag/finished/x
    ");
}

#[test]
fn a_run_that_is_kept() {
    let report = RunReport { tests: None, kept: true, ..report() };
    insta::assert_snapshot!(summary(&report, "target/onetag/runs/x".into()), @"
    alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80 is up in 1.23 s
      alpha  sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f
      be     sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f
      cache  sha256:a29c2123a01df1d0febb9d308a20d8a2fe3d40a91ca8b1294f59f08f9773ebea  /usr/bin/redis-server
      report and logs: target/onetag/runs/x
    ");
}

#[test]
fn a_run_whose_tests_failed_and_that_left_something() {
    let skipped = [("pause".to_owned(), 3)].into();
    let tests = Tests { passed: 4, failed: 2, skipped, ..Tests::default() };
    let leftover = Leftover { kind: "process", name: "17 (beta)".to_owned() };
    let killed = vec![KilledService { service: "be".to_owned(), seconds: 25.04 }];
    let mut report =
        RunReport { exit: 100, tests: Some(tests), killed, leftovers: vec![leftover], ..report() };
    report.services.iter_mut().for_each(|service| service.digests = None);
    insta::assert_snapshot!(summary(&report, "target/onetag/finished/x".into()), @"
    alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80 failed in 1.23 s: 2 of 6 tests failed, skipped for lack of capabilities: 3 pause
      cache  sha256:a29c2123a01df1d0febb9d308a20d8a2fe3d40a91ca8b1294f59f08f9773ebea  /usr/bin/redis-server
      service `be` did not end within 25.0 s of SIGTERM and was killed
      left behind: process 17 (beta)
      report and logs: target/onetag/finished/x
    ");
}
