use super::*;

#[test]
fn the_largest_file_without_tests_gets_a_line_each_time() {
    let temp = tempfile::tempdir().unwrap();
    let package = Utf8Path::from_path(temp.path()).unwrap();
    fs::create_dir_all(package.join("src/deep")).unwrap();
    for (name, text) in [
        ("src/lib.rs", "//! Docs.\nmod deep;\n"),
        ("src/deep/it.rs", "//! The most of it.\nfn code() {}\n"),
        ("src/deep/tests.rs", "//! Much more, but nothing that a program has.\n"),
        ("src/deep/data.txt", "Larger than all of the others, and no source of anything.\n"),
    ] {
        fs::write(package.join(name), text).unwrap();
    }
    let mut edit = Edit::in_folder("p", &package.join("src")).unwrap();
    edit.change().unwrap();
    edit.change().unwrap();
    assert_eq!(
        fs::read_to_string(package.join("src/deep/it.rs")).unwrap(),
        "// Line 2 of a measurement.\n// Line 1 of a measurement.\n\
         //! The most of it.\nfn code() {}\n"
    );
    edit.next().unwrap();
    edit.change().unwrap();
    assert_eq!(
        fs::read_to_string(package.join("src/lib.rs")).unwrap(),
        "// Line 3 of a measurement.\n//! Docs.\nmod deep;\n"
    );
    let error = edit.next().unwrap_err();
    assert_eq!(error.to_string(), "changing a line of `p` changes no byte");
}
