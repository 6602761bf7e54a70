use super::*;
use std::fs::File;
use std::time::{Duration, SystemTime};

#[test]
fn a_file_keeps_its_identity_until_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(dir.path()).unwrap().join("file");
    std::fs::write(&path, "one").unwrap();
    let before = FileIdentity::of_path(&path).unwrap();
    assert_eq!(before.size, 3);
    assert_eq!(FileIdentity::of_path(&path).unwrap(), before);

    // Another time stands for another write: two real writes may fall into
    // one tick of the clock.
    let later = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_000_000_007);
    File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    let after = FileIdentity::of_path(&path).unwrap();
    assert_eq!(after.mtime_ns, 1_000_000_007);
    assert_ne!(after, before);
}

#[test]
fn a_copy_in_its_place_is_another_file() {
    let dir = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(dir.path()).unwrap();
    std::fs::write(dir.join("old"), "same").unwrap();
    std::fs::write(dir.join("new"), "same").unwrap();
    let before = FileIdentity::of_path(&dir.join("old")).unwrap();
    std::fs::rename(dir.join("new"), dir.join("old")).unwrap();
    assert_ne!(FileIdentity::of_path(&dir.join("old")).unwrap().ino, before.ino);
}

#[test]
fn another_name_is_no_other_file_and_another_write_is() {
    let dir = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(dir.path()).unwrap();
    let path = dir.join("file");
    std::fs::write(&path, "one").unwrap();
    let before = FileIdentity { ctime_ns: 0, ..FileIdentity::of_path(&path).unwrap() };
    std::fs::hard_link(&path, dir.join("link")).unwrap();
    let after = FileIdentity::of_path(&path).unwrap();
    assert!(after != before && after.is_as_written(&before));
    let later = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_000_000_007);
    File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    assert!(!FileIdentity::of_path(&path).unwrap().is_as_written(&before));
}

#[test]
fn it_survives_json() {
    let dir = tempfile::tempdir().unwrap();
    let identity = FileIdentity::of_path(Utf8Path::from_path(dir.path()).unwrap()).unwrap();
    let json = serde_json::to_string(&identity).unwrap();
    assert_eq!(serde_json::from_str::<FileIdentity>(&json).unwrap(), identity);
}
