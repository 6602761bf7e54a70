use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use super::*;

/// A folder of a package with these files, which are empty.
fn package(files: &[&str]) -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    for file in files {
        let path = temp.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    temp
}

/// The files of a package, relative to it.
fn files_in(temp: &tempfile::TempDir) -> Vec<String> {
    let package = Utf8Path::from_path(temp.path()).unwrap();
    let files = package_files(package, &package.join("target")).into_iter();
    files.map(|file| Utf8Path::new(&file).strip_prefix(package).unwrap().to_string()).collect()
}

#[test]
fn what_others_read_is_left_out() {
    let temp = package(&[
        "Cargo.toml",
        "Cargo.lock",
        "src/main.rs",
        "src/tests/x.rs",
        "src/.main.rs.swp",
        ".git/HEAD",
        "module/.git",
        "tests/it.rs",
        "out/CACHEDIR.TAG",
        "old/.rustc_info.json",
        "old/onetag/x",
        "target/onetag/x",
        "out/debug/app",
        "node_modules/x",
        "nested/src/lib.rs",
    ]);
    fs::write(temp.path().join("nested/Cargo.toml"), "# nested\n [ package ] # here\n").unwrap();
    assert_eq!(files_in(&temp), ["src/main.rs", "src/tests/x.rs", "tests/it.rs"]);
}

#[test]
fn hidden_files_and_folders_count() {
    let temp = package(&[".sqlx/query", "texts/.hidden", ".env"]);
    assert_eq!(files_in(&temp), [".env", ".sqlx/query", "texts/.hidden"]);
    let texts = Utf8Path::from_path(temp.path()).unwrap().join("texts");
    assert_eq!(files_of(&texts).len(), 1);
    assert_eq!(files_of(&texts.join("nosuch")).len(), 1);
}

#[test]
fn a_folder_with_the_manifest_of_no_package_counts() {
    let temp = package(&["empty/Cargo.toml", "empty/src/lib.rs", "virtual/a"]);
    fs::write(temp.path().join("virtual/Cargo.toml"), "[workspace]\n").unwrap();
    let expected = ["empty/Cargo.toml", "empty/src/lib.rs", "virtual/Cargo.toml", "virtual/a"];
    assert_eq!(files_in(&temp), expected);
}

#[test]
fn links_are_followed_but_not_in_circles() {
    let temp = package(&["app/texts/a", "shared/deep/b"]);
    let app = Utf8Path::from_path(temp.path()).unwrap().join("app");
    for (target, link) in [
        ("texts/a", "file"),
        ("texts", "folder"),
        ("../shared", "outside"),
        ("..", "texts/up"),
        ("nosuch", "dangling"),
        // Two folders that lead to each other.
        ("../../app/texts", "../shared/deep/back"),
    ] {
        symlink(target, app.join(link)).unwrap();
    }
    let files = package_files(&app, &app.join("target")).into_iter();
    let files: Vec<_> = files.map(|file| file.replace(app.as_str(), "")).collect();
    for file in ["/file", "/folder/a", "/outside/deep/b", "/texts/a", "/outside/deep/back/a"] {
        assert!(files.iter().any(|path| path == file), "{file}: {files:?}");
    }
    assert!(files.len() < 20, "{files:?}");
    assert!(files_of(&app).contains(app.join("outside/deep/b").as_str()));
}

#[test]
fn a_name_that_is_not_utf_8_counts_with_the_contents() {
    let temp = package(&["texts/a"]);
    let folder = temp.path().join("texts").join(OsStr::from_bytes(b"fo\xFFlder"));
    fs::create_dir(&folder).unwrap();
    let seen = ["one", "two"].map(|text| {
        fs::write(folder.join("b"), text).unwrap();
        files_in(&temp)
    });
    assert_eq!(seen[0].len(), 2);
    assert_ne!(seen[0], seen[1]);
}
