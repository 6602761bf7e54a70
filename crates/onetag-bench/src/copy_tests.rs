use super::*;

#[test]
fn a_copy_follows_and_leaves_alone_what_is_the_same() {
    let temp = tempfile::tempdir().unwrap();
    let temp = Utf8Path::from_path(temp.path()).unwrap();
    let (from, to) = (temp.join("from"), temp.join("to"));
    for folder in ["src", "target", ".git", "other-target"] {
        fs::create_dir_all(from.join(folder)).unwrap();
        fs::write(from.join(folder).join("file"), folder).unwrap();
    }
    fs::write(from.join("other-target/CACHEDIR.TAG"), "").unwrap();
    symlink("src/file", from.join("link")).unwrap();
    let target = from.join("target");
    copy_workspace(&from, &to, &target).unwrap();
    let names = |folder: &Utf8Path| {
        let entries = folder.read_dir_utf8().unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&to), ["link".to_owned(), "src".to_owned()].into());

    let time = |name: &str| fs::metadata(to.join(name)).unwrap().modified().unwrap();
    let before = time("src/file");
    fs::write(to.join("src/more"), "").unwrap();
    fs::remove_file(from.join("link")).unwrap();
    copy_workspace(&from, &to, &target).unwrap();
    assert_eq!(time("src/file"), before);
    assert_eq!(names(&to), ["src".to_owned()].into());
    assert_eq!(names(&to.join("src")), ["file".to_owned()].into());

    fs::write(from.join("src/file"), "other").unwrap();
    copy_workspace(&from, &to, &target).unwrap();
    assert_eq!(fs::read_to_string(to.join("src/file")).unwrap(), "other");
}
