use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;

use insta::assert_snapshot;
use proptest::collection::btree_map;
use proptest::prelude::*;

use super::*;
use crate::Files;
use crate::files::remove_copy;

/// The package in `folder`, whose target folder is `target`.
fn files(folder: &Folder, entries: &[&str]) -> anyhow::Result<Files> {
    let entries = Vec::from_iter(entries.iter().map(ToString::to_string));
    Files::of(folder.path(), &entries, &folder.path().join("target"))
}

fn refused(folder: &Folder, entries: &[&str]) -> String {
    let error = shown(&files(folder, entries).unwrap_err());
    let real = folder.path().canonicalize_utf8().unwrap();
    error.replace(real.as_str(), "<package>").replace(folder.path().as_str(), "<package>")
}

fn make_executable(path: &Utf8Path) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// A page and a script, and a file that nothing lists.
fn package() -> Folder {
    let folder = Folder::new();
    folder.write("assets/css/page.css", "body {}");
    folder.write("assets/index.html", "<p>");
    make_executable(&folder.write("migrate.sh", "exit 0..."));
    folder.write("src/main.rs", "fn main() {}");
    folder
}

/// What a folder holds: mode, and contents of files.
fn listing(folder: &Utf8Path) -> String {
    fn list(folder: &Utf8Path, entries: &mut BTreeMap<Utf8PathBuf, String>) {
        for entry in folder.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            let metadata = path.symlink_metadata().unwrap();
            let mode = metadata.permissions().mode() & 0o7777;
            if metadata.is_dir() {
                entries.insert(path.clone(), format!("{mode:o} folder"));
                list(&path, entries);
            } else {
                let contents = fs::read_to_string(&path).unwrap();
                entries.insert(path, format!("{mode:o} {contents:?}"));
            }
        }
    }
    let mut entries = BTreeMap::new();
    list(folder, &mut entries);
    let line = |(path, text): (Utf8PathBuf, String)| {
        format!("{} {text}\n", path.strip_prefix(folder).unwrap())
    };
    entries.into_iter().map(line).collect()
}

#[test]
fn a_copy_has_what_is_listed_and_is_read_only() {
    let package = package();
    let files = files(&package, &["./assets/", "migrate.sh", "assets/index.html"]).unwrap();
    assert_eq!(files.size().unwrap(), 19);

    let place = Folder::new();
    let folder = place.path().join("copy");
    let copy = files.copy_to(&folder).unwrap();
    assert_snapshot!(listing(&folder), @r#"
    assets 555 folder
    assets/css 555 folder
    assets/css/page.css 444 "body {}"
    assets/index.html 444 "<p>"
    migrate.sh 555 "exit 0..."
    "#);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o7777, 0o555);
    assert_eq!(copy.digest().unwrap(), files.digest().unwrap());
    assert!(files.copy_to(&folder).is_err(), "a copy is not written into another");

    remove_copy(&folder).unwrap();
    assert!(!folder.exists());
}

#[test]
fn a_copy_that_fails_leaves_nothing() {
    let package = package();
    let files = files(&package, &["assets", "migrate.sh"]).unwrap();
    fs::remove_file(package.path().join("migrate.sh")).unwrap();
    let place = Folder::new();
    let folder = place.path().join("copy");
    let error = files.copy_to(&folder).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot copy `{}/migrate.sh`", package.path())), "{error}");
    assert_eq!(listing(place.path()), "");
}

#[test]
fn a_copy_that_was_changed_is_seen() {
    type Change = fn(&Utf8Path);
    let changes: [(&str, Change); 7] = [
        ("edited", |copy| fs::write(copy.join("assets/index.html"), "<b>").unwrap()),
        ("longer", |copy| fs::write(copy.join("assets/index.html"), "<p>\n").unwrap()),
        ("added file", |copy| fs::write(copy.join("assets/new"), "").unwrap()),
        ("added folder", |copy| fs::create_dir(copy.join("new")).unwrap()),
        ("added link", |copy| symlink("index.html", copy.join("assets/new")).unwrap()),
        ("removed", |copy| fs::remove_file(copy.join("migrate.sh")).unwrap()),
        ("executable", |copy| make_executable(&copy.join("assets/index.html"))),
    ];
    let package = package();
    let files = files(&package, &["assets", "migrate.sh"]).unwrap();
    let digest = files.digest().unwrap();
    let place = Folder::new();
    for (name, change) in changes {
        let folder = place.path().join(name);
        files.copy_to(&folder).unwrap();
        Files::verify(&folder, digest).unwrap();
        for path in ["", "assets", "assets/index.html"] {
            // As a service of the same user could.
            let writable = Permissions::from_mode(if path.ends_with("l") { 0o644 } else { 0o755 });
            fs::set_permissions(folder.join(path), writable).unwrap();
        }
        Files::verify(&folder, digest).unwrap();
        change(&folder);
        let error = Files::verify(&folder, digest).expect_err(name).to_string();
        assert!(error.starts_with(&format!("`{folder}` changed since it was written")), "{error}");
    }
    let gone = place.path().join("gone");
    let error = Files::verify(&gone, digest).unwrap_err().to_string();
    assert_eq!(error, format!("cannot find `{gone}`"));
}

#[test]
fn what_an_edit_changes_is_the_digest_and_what_a_touch_changes_is_not() {
    let package = package();
    let digest = || files(&package, &["assets"]).unwrap().digest().unwrap();
    let fingerprint = || files(&package, &["assets"]).unwrap().fingerprint().unwrap();
    let (first, seen) = (digest(), fingerprint());
    package.write("src/main.rs", "fn main() { println!(); }");
    assert_eq!((digest(), fingerprint()), (first, seen));

    let page = package.path().join("assets/index.html");
    let later = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
    fs::File::options().write(true).open(&page).unwrap().set_modified(later).unwrap();
    assert_eq!(digest(), first);
    assert_ne!(fingerprint(), seen);

    let seen = fingerprint();
    make_executable(&page);
    let executable = digest();
    assert_ne!(executable, first);
    package.write("assets/index.html", "<b>");
    assert_ne!(digest(), executable);
    assert_ne!(fingerprint(), seen);

    let (edited, seen) = (digest(), fingerprint());
    fs::create_dir(package.path().join("assets/empty")).unwrap();
    assert_ne!(digest(), edited);
    assert_ne!(fingerprint(), seen);
}

#[test]
fn a_link_within_what_is_listed_is_what_it_leads_to() {
    let package = package();
    symlink("css/page.css", package.path().join("assets/page.css")).unwrap();
    symlink(package.path().join("assets/css"), package.path().join("assets/style")).unwrap();
    symlink("assets", package.path().join("public")).unwrap();
    let files = files(&package, &["assets", "public/index.html"]);
    assert!(files.is_ok(), "{files:?}");
    let place = Folder::new();
    let folder = place.path().join("copy");
    files.unwrap().copy_to(&folder).unwrap();
    assert_snapshot!(listing(&folder), @r#"
    assets 555 folder
    assets/css 555 folder
    assets/css/page.css 444 "body {}"
    assets/index.html 444 "<p>"
    assets/page.css 444 "body {}"
    assets/style 555 folder
    assets/style/page.css 444 "body {}"
    public 555 folder
    public/index.html 444 "<p>"
    "#);
}

#[test]
fn a_path_that_is_not_below_the_package_is_refused() {
    let package = package();
    assert_snapshot!(refused(&package, &["../secret"]), @r"
    `files` lists `../secret`, which is not a path below the package
    hint: list files and folders of the package, such as `assets`
    ");
    for entry in [".", "./", "", "/", "/etc/passwd", "assets/..", "assets/../../secret"] {
        let error = refused(&package, &["assets", entry]);
        assert!(error.starts_with(&format!("`files` lists `{entry}`, which is not")), "{error}");
    }
}

#[test]
fn what_is_not_there_or_no_file_is_refused() {
    let package = package();
    assert_snapshot!(refused(&package, &["nowhere"]), @"`files` lists `nowhere`: cannot find `<package>/nowhere`: No such file or directory (os error 2)");

    let _socket = UnixListener::bind(package.path().join("assets/socket")).unwrap();
    assert_snapshot!(refused(&package, &["assets"]), @"`files` lists `assets`: `<package>/assets/socket` is neither a regular file nor a folder");
    assert_snapshot!(refused(&package, &["assets/socket"]), @"`files` lists `assets/socket`: `<package>/assets/socket` is neither a regular file nor a folder");
}

#[test]
fn a_link_that_leads_elsewhere_is_refused() {
    let package = package();
    let link = package.path().join("assets/link");
    let leads_to = |to: &str| {
        let _ = fs::remove_file(&link);
        symlink(to, &link).unwrap();
        refused(&package, &["assets"])
    };
    assert_snapshot!(leads_to("/dev/null"), @r"
    `files` lists `assets`: `<package>/assets/link` leads to `/dev/null`, which is not listed
    hint: put a copy in place of the symbolic link, or list what it leads to
    ");
    assert_snapshot!(leads_to("../src/main.rs"), @r"
    `files` lists `assets`: `<package>/assets/link` leads to `<package>/src/main.rs`, which is not listed
    hint: put a copy in place of the symbolic link, or list what it leads to
    ");
    assert_snapshot!(leads_to("nowhere"), @"`files` lists `assets`: cannot find `<package>/assets/link`: No such file or directory (os error 2)");
    assert_snapshot!(leads_to("."), @"`files` lists `assets`: `<package>/assets/link` leads to a folder that it is in");

    symlink("assets/css", package.path().join("css")).unwrap();
    assert_snapshot!(refused(&package, &["css"]), @r"
    `files` lists `css`: `<package>/css` leads to `<package>/assets/css`, which is not listed
    hint: put a copy in place of the symbolic link, or list what it leads to
    ");
}

#[test]
fn the_target_folder_is_refused_wherever_it_is_met() {
    let package = package();
    package.write("target/debug/program", "");
    assert_snapshot!(refused(&package, &["target/debug"]), @r"
    `files` lists `target/debug`: `<package>/target/debug` is in the target folder
    hint: list only what is checked in, or have a build script include what it makes
    ");

    let within = |target: &str| {
        let target = package.path().join(target);
        Files::of(package.path(), &["assets".to_owned()], &target)
    };
    let error = format!("{:#}", within("assets/css").unwrap_err());
    assert!(error.contains("assets/css` is in the target folder"), "{error}");
    // A workspace in the target folder of another.
    within("..").unwrap();
    within("not/yet/there").unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A file system lists files in an order of its own, which depends on the one in
    /// which they were made.
    #[test]
    fn the_digest_is_of_paths_modes_and_contents_alone(
        tree in btree_map("[ab]{1,3}d(/[ab]{1,3}d){0,2}/[ab]{1,3}", (".{0,9}", any::<bool>()), 1..9),
        edited: prop::sample::Index,
    ) {
        let make = |tree: &mut dyn Iterator<Item = (&String, &(String, bool))>| {
            let folder = Folder::new();
            for (path, (contents, executable)) in tree {
                let path = folder.write(&format!("assets/{path}"), contents);
                if *executable {
                    make_executable(&path);
                }
            }
            folder
        };
        let digest = |folder: &Folder| files(folder, &["assets"]).unwrap().digest().unwrap();
        let first = make(&mut tree.iter());
        let second = make(&mut tree.iter().rev());
        prop_assert_eq!(digest(&first), digest(&second));

        let copy = second.path().join("copy");
        files(&second, &["assets"]).unwrap().copy_to(&copy).unwrap();
        Files::verify(&copy, digest(&first)).unwrap();

        let (path, (contents, _)) = tree.iter().nth(edited.index(tree.len())).unwrap();
        second.write(&format!("assets/{path}"), format!("{contents}!"));
        prop_assert_ne!(digest(&first), digest(&second));
    }
}
