use super::*;

#[test]
fn what_others_read_is_left_out() {
    let temp = tempfile::tempdir().unwrap();
    let package = Utf8Path::from_path(temp.path()).unwrap();
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        "src/main.rs",
        "src/tests/x.rs",
        "texts/.hidden",
        "texts/a",
        ".git/HEAD",
        "tests/it.rs",
        "out/CACHEDIR.TAG",
        "old/.rustc_info.json",
        "old/onetag/x",
        "target/onetag/x",
        "out/debug/app",
        "node_modules/x",
        "nested/Cargo.toml",
        "nested/src/lib.rs",
    ] {
        let path = package.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    std::os::unix::fs::symlink("texts/a", package.join("link")).unwrap();
    std::os::unix::fs::symlink("texts", package.join("linked")).unwrap();
    let files: Vec<_> = package_files(package, &package.join("target")).into_iter().collect();
    let expected = ["link", "src/main.rs", "src/tests/x.rs", "texts/a"];
    assert_eq!(files, expected.map(|file| package.join(file).into_string()));
    assert_eq!(files_of(&package.join("texts")).len(), 2);
    assert_eq!(files_of(&package.join("nosuch")).len(), 1);
}
