use super::*;
use crate::workspace::testing::Fixture;

fn target(name: &str) -> TestTarget {
    let text = |text: &str| text.to_owned();
    TestTarget {
        binary_id: format!("e2e::{name}"),
        package: text("e2e"),
        package_id: text("path+file:///w/tests#e2e@0.0.0"),
        target: text(name),
        folder: "/w/tests".into(),
    }
}

#[test]
fn what_cargo_does_after_an_executable_was_taken_changes_nothing_unseen() {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
    let layout = Layout::below(&root.join("target"));
    let workspace = Fixture::new().load().unwrap();
    let cache = ExecutableCache::open(&layout, &workspace, None, &[]).unwrap();
    let source = root.join("program");
    let take = || {
        fs::write(&source, "one").unwrap();
        cache.take(&test_note(&target("program")), &source).unwrap()
    };

    let taken = take();
    fs::remove_file(&source).unwrap();
    fs::write(&source, "of other features").unwrap();
    assert_eq!(fs::read(cache.test(taken).unwrap()).unwrap(), b"one");

    let taken = take();
    fs::write(&source, "of other features").unwrap();
    let error = cache.test(taken).unwrap_err().to_string();
    assert_eq!(error, format!("{source} was changed while it was copied"));

    let taken = cache.copied(take()).unwrap();
    fs::write(&source, "of other features").unwrap();
    assert_eq!(fs::read(cache.test(taken).unwrap()).unwrap(), b"one");
}

/// A run that has the executable from an earlier build knows it by its
/// identity, and would take another file of the same bytes for a stranger.
#[test]
fn bytes_that_are_built_again_stay_the_same_file() {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
    let layout = Layout::below(&root.join("target"));
    let mut workspace = Fixture::new().load().unwrap();
    workspace.root = root.clone();
    let cache = ExecutableCache::open(&layout, &workspace, None, &[]).unwrap();
    let source = root.join("program");
    let built = |bytes: &str| {
        let _ = fs::remove_file(&source);
        fs::write(&source, bytes).unwrap();
        let taken = cache.take(&test_note(&target("program")), &source).unwrap();
        let path = cache.test(taken).unwrap();
        (FileIdentity::of_path(&path).unwrap(), path)
    };
    let (first, path) = built("one");
    built("two");
    assert_eq!(built("one"), (first, path.clone()));
    assert_eq!(layout.executables().read_dir_utf8().unwrap().count(), 2);

    // Unless it is not what it was.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "tampered with").unwrap();
    built("one");
    assert_eq!(fs::read(&path).unwrap(), b"one");
}

#[test]
fn services_with_the_same_files_take_them_in_side_by_side() {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
    let layout = Layout::below(&root.join("target"));
    let workspace = Fixture::new().service("alpha", serde_json::json!({})).load().unwrap();
    let cache = ExecutableCache::open(&layout, &workspace, None, &[]).unwrap();
    let mut service = workspace.services["alpha"].clone();
    service.manifest_path = root.join("Cargo.toml");
    for _ in 0..50 {
        let take = || cache.files(&service, None).unwrap().0.folder().to_owned();
        let folders: Vec<Utf8PathBuf> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(folders.iter().all(|folder| *folder == folders[0] && folder.exists()));
        onetag_image::files::remove_copy(&folders[0]).unwrap();
    }
}
