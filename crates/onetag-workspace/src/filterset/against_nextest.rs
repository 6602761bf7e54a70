//! Nextest itself is the reference: a small workspace is built once, and for
//! each filterset our answer is compared with what nextest lists.

use std::collections::BTreeMap;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use nextest_metadata::{BinaryListSummary, TestListSummary};

use super::corpus::{FILES, READABLE, REFUSED};
use super::*;
use crate::{Workspace, read};

#[test]
fn answers_agree_with_nextest() {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
    for (path, text) in FILES {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut metadata = cargo(&root);
    metadata.args(["metadata", "--format-version=1", "--no-deps"]);
    let workspace = read(output(metadata).unwrap().as_bytes()).unwrap();
    let nextest = Nextest::build(root);

    let ids: Vec<&str> = workspace.test_targets.iter().map(|it| it.binary_id.as_str()).collect();
    let mut theirs: Vec<&str> =
        nextest.binaries.rust_binaries.keys().map(|id| id.as_str()).collect();
    theirs.sort_unstable();
    assert_eq!(ids, theirs);
    for target in &workspace.test_targets {
        let id = target.binary_id.as_str().into();
        let theirs = &nextest.binaries.rust_binaries[&id];
        assert_eq!(target.target, theirs.binary_name);
        assert_eq!(target.kind.as_str(), theirs.kind.as_str());
    }

    let disagreements: Vec<String> =
        READABLE.iter().flat_map(|filter| disagreements(&workspace, &nextest, filter)).collect();
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
    for filter in REFUSED {
        assert!(Filterset::parse(filter).is_err(), "only nextest refuses {filter:?}");
        assert!(nextest.matches(filter).is_err(), "only we refuse {filter:?}");
    }
}

fn disagreements(workspace: &Workspace, nextest: &Nextest, filter: &str) -> Vec<String> {
    let ours = match Filterset::parse(filter) {
        Ok(ours) => ours,
        Err(error) => return vec![format!("{filter:?}: we refuse it: {error}")],
    };
    let theirs = match nextest.matches(filter) {
        Ok(theirs) => theirs,
        // Nextest also refuses predicates that match no binary at all.
        Err(error) if workspace.select(&ours).is_empty() && error.contains("matched this") => {
            return Vec::new();
        }
        Err(error) => return vec![format!("{filter:?}: nextest refuses it: {error}")],
    };
    let mut disagreements = Vec::new();
    for target in &workspace.test_targets {
        // Nextest does not list binaries without a selected test at all.
        let (selected, all) = theirs.get(&target.binary_id).copied().unwrap_or((0, 1));
        let ours = ours.selection(target);
        let agrees = match ours {
            Selection::Yes => selected == all,
            Selection::No => selected == 0,
            Selection::Maybe => true,
        };
        if !agrees {
            let id = &target.binary_id;
            disagreements.push(format!("{filter:?}: {ours:?} for {id}, selected {selected}/{all}"));
        }
    }
    disagreements
}

/// The workspace as nextest sees it.
struct Nextest {
    root: Utf8PathBuf,
    binaries: BinaryListSummary,
}

impl Nextest {
    fn build(root: Utf8PathBuf) -> Self {
        let mut metadata = cargo(&root);
        metadata.args(["metadata", "--format-version=1", "--all-features", "--offline"]);
        std::fs::write(root.join("cargo.json"), output(metadata).unwrap()).unwrap();
        let mut list = cargo(&root);
        list.args(["nextest", "list", "--list-type=binaries-only", "--message-format=json"]);
        list.args(["--user-config-file=none", "--offline"]);
        let json = output(list).unwrap();
        std::fs::write(root.join("binaries.json"), &json).unwrap();
        Self { root, binaries: serde_json::from_str(&json).unwrap() }
    }

    /// By binary: how many of its tests `filter` selects, and how many it has.
    fn matches(&self, filter: &str) -> Result<BTreeMap<String, (usize, usize)>, String> {
        let mut list = cargo(&self.root);
        list.args(["nextest", "list", "--message-format=json", "--user-config-file=none"]);
        list.args(["--cargo-metadata=cargo.json", "--binaries-metadata=binaries.json"]);
        list.args(["-E", filter]);
        let listed = output(list)?;
        let tests: TestListSummary = serde_json::from_str(&listed).unwrap();
        let counts = tests.rust_suites.into_iter().map(|(id, suite)| {
            let cases = suite.test_cases.values();
            let selected = cases.filter(|case| case.filter_match.is_match()).count();
            (id.as_str().to_owned(), (selected, suite.test_cases.len().max(1)))
        });
        Ok(counts.collect())
    }
}

/// Cargo in `root`, without what an outer cargo or nextest told this test.
fn cargo(root: &Utf8Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let is_set_by_outer = name.starts_with("NEXTEST")
            || name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_");
        if is_set_by_outer {
            cargo.env_remove(&*name);
        }
    }
    cargo.current_dir(root).env("CARGO_TARGET_DIR", root.join("target"));
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo
}

fn output(mut command: Command) -> Result<String, String> {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
