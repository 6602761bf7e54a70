use super::*;
use crate::build::executables::ExecutableCache;
use crate::build::image::digest::hash_file;
use crate::run::ledger::Ledger;
use crate::run::{RunId, make_folder};
use crate::workspace::TestTarget;
use crate::workspace::testing::Fixture;

struct Place {
    layout: Layout,
    temp: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let temp = tempfile::tempdir().unwrap();
        let target = Utf8PathBuf::from_path_buf(temp.path().join("target")).unwrap();
        Place { layout: Layout::below(&target), temp }
    }

    /// A workspace, and a test binary that it built; returns its digest.
    fn built(&self, workspace: &str, target: &str, bytes: &str, runs: &[&Ledger]) -> String {
        let root = self.root(workspace);
        make_folder(&root).unwrap();
        let source = root.join(target);
        fs::write(&source, bytes).unwrap();
        let mut of_workspace = Fixture::new().load().unwrap();
        of_workspace.root = root;
        let store = ExecutableCache::open(&self.layout, &of_workspace, None, runs).unwrap();
        let taken = store.take(&test_note(&test(target)), &source).unwrap();
        hash_file(&store.test(taken).unwrap()).unwrap().hex()
    }

    fn root(&self, workspace: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.temp.path().join(workspace)).unwrap()
    }

    /// As a command of this workspace, which has these test targets.
    fn remove_unused(&self, workspace: &str, targets: &[&str]) {
        let notes = targets.iter().map(|target| test_note(&test(target))).collect();
        let own = Own { cache: self.layout.cache(&self.root(workspace)), notes };
        remove(&self.layout, Some(&own)).unwrap();
    }

    fn stored(&self) -> BTreeSet<String> {
        let stored = entries(&self.layout.executables()).into_iter();
        stored.map(|entry| entry.file_name().to_owned()).collect()
    }
}

fn test(target: &str) -> TestTarget {
    let package = "e2e".to_owned();
    let binary_id = format!("e2e::{target}");
    TestTarget {
        binary_id,
        package_id: package.clone(),
        package,
        target: target.to_owned(),
        folder: "/w".into(),
    }
}

#[test]
fn what_was_built_last_and_what_runs_use_stays() {
    let place = Place::new();
    let run = RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap();
    let folder = place.layout.run(run);
    make_folder(folder.path()).unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    let of_the_run = place.built("one", "a", "1", &[&ledger]);
    let of_nobody = place.built("one", "a", "2", &[]);
    let last = place.built("one", "a", "3", &[]);
    assert!(place.stored().contains(&of_nobody));
    place.remove_unused("one", &["a"]);
    assert_eq!(place.stored(), BTreeSet::from([of_the_run, last.clone()]));
    fs::remove_dir_all(folder.path()).unwrap();
    place.remove_unused("one", &["a"]);
    assert_eq!(place.stored(), BTreeSet::from([last]));
}

#[test]
fn what_the_workspace_has_no_more_goes_with_its_note() {
    let place = Place::new();
    let stays = place.built("one", "a", "a", &[]);
    place.built("one", "renamed", "b", &[]);
    place.remove_unused("one", &["a"]);
    assert_eq!(place.stored(), BTreeSet::from([stays]));
    let notes = place.layout.executable_notes(&place.layout.cache(&place.root("one")));
    assert_eq!(entries(&notes).len(), 1);
}

#[test]
fn workspaces_that_share_a_target_folder_keep_theirs_as_long_as_they_are_there() {
    let place = Place::new();
    let one = place.built("one", "a", "1", &[]);
    let two = place.built("two", "b", "2", &[]);
    place.remove_unused("one", &["a"]);
    assert_eq!(place.stored(), BTreeSet::from([one.clone(), two]));
    fs::remove_dir_all(place.root("two")).unwrap();
    place.remove_unused("one", &["a"]);
    assert_eq!(place.stored(), BTreeSet::from([one]));
    assert_eq!(entries(&place.layout.caches()).len(), 1);
}

#[test]
fn what_killed_commands_left_goes() {
    let place = Place::new();
    let stays = place.built("one", "a", "1", &[]);
    let cache = place.layout.cache(&place.root("one"));
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    for (folder, pid) in [("", gone.id()), ("executables/", gone.id()), ("", std::process::id())] {
        fs::write(cache.join(format!("{folder}a.json.{pid}.partial")), "").unwrap();
    }
    fs::write(place.layout.executables().join(".tmp17"), "").unwrap();
    make_folder(&place.layout.executables().join("a digest that nothing came to")).unwrap();
    place.remove_unused("one", &["a"]);
    assert_eq!(place.stored(), BTreeSet::from([stays]));
    let mut left: Vec<_> =
        entries(&cache).into_iter().map(|it| it.file_name().to_owned()).collect();
    left.sort();
    let in_use = format!("a.json.{}.partial", std::process::id());
    assert_eq!(left, [&in_use, "executables", "workspace"]);
    assert_eq!(entries(&cache.join("executables")).len(), 1);
}

#[test]
fn nothing_goes_while_somebody_builds() {
    let place = Place::new();
    place.built("one", "a", "1", &[]);
    let taken_in_just_now = place.built("one", "a", "2", &[]);
    let before = place.stored();
    let lock = FileLock::try_take(&place.layout.build_lock()).unwrap();
    place.remove_unused("one", &["a"]);
    assert_eq!(place.stored(), before);
    drop(lock);
    place.remove_unused("one", &["a"]);
    assert_eq!(place.stored(), BTreeSet::from([taken_in_just_now]));
}
