use super::*;
use crate::error::describe;

fn parse(arguments: &[&str]) -> anyhow::Result<NextestArguments> {
    NextestArguments::new(&arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>())
}

#[test]
fn filtersets_narrow_the_suite_down() {
    let suite = "binary_id(e2e::alpha)";
    assert_eq!(parse(&[]).unwrap().filterset(suite), suite);
    for arguments in [
        ["-E", "test(x)"].as_slice(),
        &["-E=test(x)"],
        &["--filterset=test(x)"],
        &["--filter-expr", "test(x)"],
        &["-Etest(x)"],
    ] {
        let filterset = parse(arguments).unwrap().filterset(suite);
        assert_eq!(filterset, "(binary_id(e2e::alpha)) & (test(x))", "{arguments:?}");
    }
    let two = parse(&["-E", "test(x)", "-E", "test(y)"]).unwrap().filterset(suite);
    assert_eq!(two, "(binary_id(e2e::alpha)) & ((test(x)) | (test(y)))");
}

#[test]
fn what_selects_tests_is_told_from_how_they_are_run() {
    let arguments = [
        "name",
        "--nocapture",
        "-j",
        "1",
        "other",
        "--run-ignored=all",
        "--partition",
        "hash:1/2",
        "-vv",
        "--",
        "--skip",
        "a b",
        "--exact",
        "third",
    ];
    let parsed = parse(&arguments).unwrap();
    let filters = [
        "--run-ignored=all",
        "--partition=hash:1/2",
        "name",
        "other",
        "--",
        "--skip",
        "a b",
        "--exact",
        "third",
    ];
    assert_eq!(parsed.filters(), filters);
    let runner = ["--test-threads=1", "--no-capture", "--verbose", "--verbose"];
    assert_eq!(parsed.rest(), [runner.as_slice(), &filters].concat());
}

#[test]
fn what_is_not_allowed_is_refused() {
    for arguments in [
        ["--profile=x"].as_slice(),
        &["-P", "ci"],
        &["-Pci"],
        &["--binaries-metadata", "x"],
        &["--release"],
        &["-pfoo"],
        &["--test"],
        &["--help"],
        &["-h"],
        &["--version"],
        &["-V"],
        &["--no-run"],
        &["--no-tests=pass", "nosuch"],
        &["--no-tests", "warn", "nosuch"],
        &["-vh"],
        &["--filters=x"],
        &["name", "--help"],
        &["--", "--test-threads=1"],
        &["--", "--list"],
        &["--", "name", "--help"],
    ] {
        let error = parse(arguments).unwrap_err();
        assert_eq!(Kind::of(&error), Kind::Usage, "{arguments:?}");
        let text = describe(&error);
        assert!(text.contains("` cannot be passed on to nextest\nhint: allowed are "), "{text}");
    }
    for arguments in [["-E"].as_slice(), &["--retries"], &["--", "--skip"]] {
        let error = parse(arguments).unwrap_err();
        assert_eq!(Kind::of(&error), Kind::Usage, "{arguments:?}");
        assert!(error.to_string().ends_with("needs a value"), "{error}");
    }
}
