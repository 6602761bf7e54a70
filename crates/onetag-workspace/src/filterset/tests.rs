use proptest::prelude::*;

use super::*;
use crate::{TargetKind, TestTarget};

fn messenger() -> TestTarget {
    TestTarget {
        package: "e2e".to_owned(),
        target: "messenger".to_owned(),
        kind: TargetKind::Test,
        binary_id: "e2e::messenger".to_owned(),
    }
}

fn selection(filter: &str) -> Selection {
    Filterset::parse(filter).unwrap().selection(&messenger())
}

fn error(filter: &str) -> String {
    Filterset::parse(filter).unwrap_err().to_string()
}

/// The answers that matter most, in full: which of them nextest agrees with is
/// `against_nextest`'s matter, but it would also accept "maybe" to all.
#[test]
fn as_much_as_possible_is_decided() {
    use Selection::{Maybe, No, Yes};
    for (filter, expected) in [
        ("all()", Yes),
        ("none()", No),
        ("binary_id(e2e::messenger)", Yes),
        ("binary_id(e2e::*) - binary(messenger)", No),
        ("binary_id(e2e::frontend) | test(one)", Maybe),
        ("binary_id(e2e::frontend) & test(one)", No),
        ("binary_id(e2e::messenger) | test(one)", Yes),
        ("not (binary(~messen) & kind(test))", No),
        ("package(/e2e/)", Maybe),
        (r"package({e2e\,x})", Maybe),
        ("package(=e2e) & not deps(x)", Maybe),
        ("kind(bin) & rdeps(x)", No),
    ] {
        assert_eq!(selection(filter), expected, "{filter}");
    }
}

#[test]
fn both_filtersets_have_to_select() {
    let suite = Filterset::parse("binary(messenger) | binary(frontend)").unwrap();
    let both = suite.and(&Filterset::parse("test(one)").unwrap());
    assert_eq!(both.to_string(), "(binary(messenger) | binary(frontend)) & (test(one))");
    assert_eq!(both.selection(&messenger()), Selection::Maybe);
    assert_eq!(
        Filterset::parse(&both.to_string()).unwrap().selection(&messenger()),
        Selection::Maybe
    );
    assert_eq!(
        suite.and(&Filterset::parse("none()").unwrap()).selection(&messenger()),
        Selection::No
    );
}

#[test]
fn errors_say_where() {
    insta::assert_snapshot!(error("binry_id(a)"), @r"
    the filterset `binry_id(a)` is wrong at character 1: there is no predicate `binry_id`
    hint: did you mean `binary_id`? predicates: all, binary, binary_id, default, deps, group, kind, none, package, platform, rdeps, test
    ");
    insta::assert_snapshot!(error("all() & (test(a) | test(b)"), @"the filterset `all() & (test(a) | test(b)` ends too early: expected `)`");
    insta::assert_snapshot!(error("test(a) && test(b)"), @"the filterset `test(a) && test(b)` is wrong at character 10: the operators `&` and `|` are written once");
    insta::assert_snapshot!(error("test(a) OR test(b)"), @"the filterset `test(a) OR test(b)` is wrong at character 9: operators are written in lower case");
    insta::assert_snapshot!(error("test(ü) test(b)"), @"the filterset `test(ü) test(b)` is wrong at character 9: expected an operator or the end");
    insta::assert_snapshot!(error("binary(a,b)"), @"the filterset `binary(a,b)` is wrong at character 9: expected `)`");
    insta::assert_snapshot!(error(r"binary(a\d)"), @r"the filterset `binary(a\d)` is wrong at character 9: unknown escape, a backslash itself is written `\\`");
    insta::assert_snapshot!(error(""), @"the filterset `` ends too early: expected a predicate, for example `binary_id(…)`");
}

#[test]
fn nesting_is_bounded_and_chains_are_not() {
    let nested = format!("{}all(){}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(error(&nested).contains("too many parentheses"));
    assert!(error(&"!".repeat(100_000)).contains("too many parentheses"));
    let chain = vec!["none()"; 100_000].join("|") + "-all()";
    assert_eq!(selection(&chain), Selection::No);
}

proptest! {
    #[test]
    fn parsing_never_panics(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "all()", "test(", "binary(", ")", "(", "not ", "!", "and", "|", "-", "=", "~", "#",
                "/", "\\", "\\u{", "}", "a", "ü", " ", "\n", ",", "\0",
            ]),
            0..12,
        )
    ) {
        let text = tokens.concat();
        match Filterset::parse(&text) {
            Ok(filter) => prop_assert_eq!(filter.to_string(), text),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
