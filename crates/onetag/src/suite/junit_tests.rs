use super::*;

/// A report as nextest 0.9.143 writes it, with these test suites.
fn report(suites: &str) -> JunitReport {
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="9" skipped="0" failures="1" errors="0" uuid="906ef6c6-4fa2-44d2-8417-551ecc1089a0" timestamp="2026-11-27T16:52:11.382+00:00" time="0.801">
    {suites}
</testsuites>"#
    );
    JunitReport::parse(&xml).unwrap()
}

/// A test suite of nextest's with these test cases.
fn suite(name: &str, cases: &str) -> String {
    format!(
        r#"<testsuite name="{name}" tests="1" skipped="0" errors="0" failures="0">{cases}</testsuite>"#
    )
}

const HOOK: &str = r#"<testcase name="@tool:onetag:n" classname="@setup-script:@tool:onetag:n" time="0.010">
    <system-out>(stdout not captured)</system-out>
</testcase>"#;

const CASES: &str = r#"
<testcase name="a::passes" classname="e2e::n" timestamp="2026-11-27T16:52:11.635+00:00" time="0.023"/>
<testcase name="a::fails" classname="e2e::n"><failure message="x" type="test failure">no &lt;b&gt;</failure>
    <rerunFailure message="x" type="test failure">no</rerunFailure></testcase>
<testcase name="a::flaky" classname="e2e::n"><flakyFailure message="x" type="test failure">no</flakyFailure></testcase>
<testcase name="a::hangs" classname="e2e::n"><error type="execution failure"/></testcase>
<testcase name="a::later" classname="e2e::n"><skipped/></testcase>
"#;

#[test]
fn setup_scripts_are_no_tests() {
    let report = report(&(suite("@setup-script:@tool:onetag:n", HOOK) + &suite("e2e::n", CASES)));
    let failures = ["e2e::n a::fails", "e2e::n a::hangs"].map(str::to_owned).into();
    let flaky = ["e2e::n a::flaky".to_owned()].into();
    let tests = Tests { passed: 2, failed: 2, failures, flaky, ..Tests::default() };
    assert_eq!(report.tests(&Skips::new()), tests);
    for other in [
        "nonsense",
        "<html/>",
        "<testsuites><testsuite name='n'><testcase/></testsuite></testsuites>",
    ] {
        assert!(JunitReport::parse(other).is_err(), "{other}");
    }
}

#[test]
fn a_stress_run_counts_every_iteration() {
    let iteration = |number| {
        suite(&format!("@setup-script:@tool:onetag:n@stress-{number}"), HOOK)
            + &suite(&format!("e2e::n@stress-{number}"), CASES)
    };
    let report = report(&(iteration(0) + &iteration(1)));
    let tests = report.tests(&Skips::new());
    assert_eq!((tests.passed, tests.failed, tests.failures.len()), (4, 4, 2));
    assert!(report.script_passed("@tool:onetag:n"));
}

#[test]
fn a_test_that_skips_and_passes_is_skipped() {
    let report =
        report(&(suite("e2e::n", CASES) + &suite("e2e::m", &CASES.replace("e2e::n", "e2e::m"))));
    let skips = [("e2e::n a::passes", "pause"), ("e2e::n a::fails", "pause"), ("other", "kill")];
    let skips = skips.map(|(test, capability)| (test.to_owned(), capability.to_owned())).into();
    let tests = report.tests(&skips);
    assert_eq!((tests.passed, tests.failed), (3, 4));
    assert_eq!(tests.skipped, [("pause".to_owned(), 1)].into());
}

#[test]
fn the_hook_has_run_only_if_it_passed() {
    let hook = |name: &str, case: &str| report(&suite(name, case)).script_passed("@tool:onetag:n");
    assert!(hook("@setup-script:@tool:onetag:n", HOOK));
    let failed = r#"<testcase name="@tool:onetag:n" classname="x"><failure type="x"/></testcase>"#;
    assert!(!hook("@setup-script:@tool:onetag:n", failed));
    assert!(!hook("@setup-script:@tool:onetag:n", ""));
    assert!(!hook("@setup-script:@tool:onetag:n2", HOOK));
    assert!(!hook("@setup-script:n", HOOK));
}
