//! Configurations as people write them.

use camino::Utf8Path;
use serde_json::json;

use super::*;
use crate::error::describe;
use crate::workspace::testing::Fixture;

/// What is said of a configuration, in a workspace with the suites `a` and `b`.
fn check(text: Option<&str>) -> Result<Vec<String>, String> {
    let mut workspace = Fixture::new()
        .service("a", json!({ "suite": {} }))
        .service("b", json!({ "suite": { "tests": ["tools::b"] } }))
        .e2e(&["a"])
        .package("tools", json!(null), &[("test", "b"), ("test", "other")])
        .load()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    workspace.root = root.to_owned();
    if let Some(text) = text {
        std::fs::create_dir(root.join(".config")).unwrap();
        std::fs::write(root.join(FILE), text).unwrap();
    }
    let suites: Vec<&Suite> = workspace.suites.values().collect();
    check_nextest_config(&workspace, "e2e", &suites)
        .map_err(|error| describe(&error).replace(root.as_str(), "/ws"))
}

fn error(text: &str) -> String {
    check(Some(text)).unwrap_err()
}

const EXPERIMENTAL: &str = "[experimental]\nsetup-scripts = true\n";
const PROFILE: &str = "[profile.e2e]\ndefault-filter = 'all()'\n";
const HOOKS: &str = "
[scripts.setup.a]
command = ['cargo', 'xtask', 'hook', 'a']
[scripts.setup.other]
command = { command-line = 'cargo xtask hook b', relative-to = 'target' }
[[profile.e2e.scripts]]
filter = 'binary_id(e2e::a)'
setup = 'a'
[[profile.e2e.scripts]]
filter = 'binary_id(tools::b)'
setup = ['timer', 'other']
";

#[test]
fn what_is_missing_comes_with_the_lines_to_paste() {
    insta::assert_snapshot!(check(None).unwrap_err(), @r#"
    .config/nextest.toml: the workspace has no such file
    hint: create /ws/.config/nextest.toml with these lines:
    [experimental]
    setup-scripts = true

    [profile.default]
    default-filter = "not (binary_id(=tools::b) | package(=e2e) & kind(test))"

    [profile.e2e]
    default-filter = "binary_id(=tools::b) | package(=e2e) & kind(test)"
    "#);
    insta::assert_snapshot!(error(PROFILE), @r"
    .config/nextest.toml lacks `setup-scripts = true` in [experimental]
    hint: .config/nextest.toml needs these lines:
    [experimental]
    setup-scripts = true
    ");
    insta::assert_snapshot!(error("[experimental]\nsetup-scripts = false"), @r#"
    .config/nextest.toml lacks `setup-scripts = true` in [experimental] and `default-filter` in [profile.e2e]
    hint: .config/nextest.toml needs these lines:
    [experimental]
    setup-scripts = true

    [profile.default]
    default-filter = "not (binary_id(=tools::b) | package(=e2e) & kind(test))"

    [profile.e2e]
    default-filter = "binary_id(=tools::b) | package(=e2e) & kind(test)"
    "#);
    insta::assert_snapshot!(
        error(&format!(
            "{EXPERIMENTAL}[profile.default]\ndefault-filter = 'x'\n[profile.e2e]\nretries = 0\n"
        )),
        @r#"
        .config/nextest.toml lacks `default-filter` in [profile.e2e]
        hint: .config/nextest.toml needs these lines:
        [profile.e2e]
        default-filter = "binary_id(=tools::b) | package(=e2e) & kind(test)"
        "#
    );
}

#[test]
fn the_lines_to_paste_are_enough() {
    let hint = check(None).unwrap_err();
    let (_, lines) = hint.split_once(":\n").unwrap();
    assert_eq!(check(Some(&format!("{lines}\n{HOOKS}"))), Ok(Vec::new()));
}

#[test]
fn other_ways_to_write_it_pass() {
    let inherited = "experimental = ['setup-scripts']\n[profile.e2e]\ninherits = 'ci'\n\
                     default-filter = 'all()'\n[profile.ci]\njunit.path = 'x.xml'\n";
    assert_eq!(check(Some(&format!("{inherited}{HOOKS}"))), Ok(Vec::new()));
}

#[test]
fn a_filter_of_a_profile_that_is_inherited_from_is_not_enough() {
    let inherited = "experimental = ['setup-scripts']\n[profile.e2e]\ninherits = 'ci'\n\
                     [profile.ci]\ndefault-filter = 'all()'\n";
    let error = error(&format!("{inherited}{HOOKS}"));
    assert!(error.contains("lacks `default-filter` in [profile.e2e]"), "{error}");
}

#[test]
fn a_junit_path_is_named_with_its_line() {
    for setting in ["junit.path = 'x.xml'\n", "junit = { path = 'x' }\n"] {
        let text = error(&format!("{EXPERIMENTAL}{PROFILE}{setting}"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(text, @r"
            .config/nextest.toml:5: `path` in [profile.e2e.junit] puts the results where the harness does not find them
            hint: delete line 5 of .config/nextest.toml; the results of a run lie in its folder, as `junit.xml`
            ");
        }
    }
    let table = "\n[profile.e2e.junit]\nstore-success-output = true\n";
    let without = check(Some(&format!("{EXPERIMENTAL}{PROFILE}{table}{HOOKS}")));
    assert_eq!(without, Ok(Vec::new()));
    let text = error(&format!("{EXPERIMENTAL}{PROFILE}{table}path = 'x'\n"));
    assert!(text.starts_with(".config/nextest.toml:8: "), "{text}");
}

#[test]
fn a_suite_without_a_hook_of_its_own_is_a_warning() {
    let base = format!("{EXPERIMENTAL}{PROFILE}");
    assert_eq!(check(Some(&format!("{base}{HOOKS}"))), Ok(Vec::new()));
    let rule = HOOKS.rfind("[[profile").unwrap();
    let warnings = check(Some(&format!("{base}{}", &HOOKS[..rule]))).unwrap();
    insta::assert_snapshot!(warnings.join("\n"), @r#".config/nextest.toml: profile `e2e` has no hook for the suite `b`, so plain `cargo nextest run` and editors run its tests without one: add [scripts.setup.b] with `command = ["cargo", "xtask", "hook", "b"]`, and a rule [[profile.e2e.scripts]]"#);
    assert_eq!(check(Some(&base)).unwrap().len(), 2);
}

#[test]
fn what_is_no_toml_is_named_with_its_line() {
    let text = error("[experimental\n");
    assert!(text.starts_with(".config/nextest.toml: ") && text.contains("line 1"), "{text}");
}
