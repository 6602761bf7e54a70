use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use super::*;
use crate::layer::{Layer, program_path};
use crate::{Digest, Files};

fn tiny(folder: &Folder) -> Layer {
    let mut layer = Layer::default();
    layer.add_text("/etc/motd".into(), 0o644, "hello\n").unwrap();
    layer.add_directory("/tmp".into(), 0o1777).unwrap();
    // Sorted by bytes, `-` comes before `/`.
    layer.add_text("/etc-b".into(), 0o600, "").unwrap();
    let host = folder.write("program", "program");
    layer.add_host_file("/usr/local/bin/program".into(), 0o555, &host).unwrap();
    layer
}

/// The entries of a tar, after a look at what must say nothing of this machine.
pub(super) fn listing(bytes: &[u8]) -> String {
    let mut archive = tar::Archive::new(bytes);
    let mut listing = String::new();
    // Raw entries, since a pax header would be an entry of its own.
    for entry in archive.entries().unwrap().raw(true) {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        let header = entry.header();
        let owner = (header.uid().unwrap(), header.gid().unwrap());
        let names = (header.username().unwrap(), header.groupname().unwrap());
        let (mode, time) = (header.mode().unwrap(), header.mtime().unwrap());
        assert_eq!((owner, names, time), ((0, 0), (Some(""), Some("")), 0));
        let path = entry.path().unwrap();
        listing += &format!("{mode:4o} {:?} {} {text:?}\n", header.entry_type(), path.display());
    }
    listing
}

#[test]
fn entries_are_sorted_and_say_nothing_of_this_machine() {
    let mut bytes = Vec::new();
    tiny(&Folder::new()).write(&mut bytes).unwrap();
    assert_snapshot!(listing(&bytes), @r#"
     755 Directory etc/ ""
     600 Regular etc-b ""
     644 Regular etc/motd "hello\n"
    1777 Directory tmp/ ""
     755 Directory usr/ ""
     755 Directory usr/local/ ""
     755 Directory usr/local/bin/ ""
     555 Regular usr/local/bin/program "program"
    "#);
}

/// Every digest of every image depends on these bytes: whoever changes them
/// makes all stores load all images again.
///
/// GNU tar 1.34 writes the same ones but for how it ends the checksum, given the
/// same files in this order and `--format=ustar --no-recursion --owner=:0
/// --group=:0 --numeric-owner --mtime=@0 -b1`.
#[test]
fn the_bytes_of_a_layer_do_not_drift() {
    let measure = tiny(&Folder::new()).measure().unwrap();
    assert_snapshot!(format!("{} {}", measure.size, measure.digest), @"6144 sha256:038528851559fdc240d94a26333689b8593973515244d2779e9523a9c7d8351f");
}

#[test]
fn the_files_of_a_package_are_in_the_folder_in_which_it_starts() {
    let folder = Folder::new();
    let binary = folder.write("program", "program");
    let upper = |files: &Files| {
        let mut bytes = Vec::new();
        Layer::program("mail", &binary, &files.layer).unwrap().write(&mut bytes).unwrap();
        listing(&bytes)
    };
    assert_snapshot!(upper(&Files::default()), @r#"
     755 Directory app/ ""
     755 Directory usr/ ""
     755 Directory usr/local/ ""
     755 Directory usr/local/bin/ ""
     555 Regular usr/local/bin/mail "program"
    "#);

    folder.write("assets/css/page.css", "body {}");
    let script = folder.write("migrate", "exit");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let entries = ["assets".to_owned(), "migrate".to_owned()];
    let files = Files::of(folder.path(), &entries, &folder.path().join("target")).unwrap();
    assert_snapshot!(upper(&files), @r#"
     755 Directory app/ ""
     755 Directory app/assets/ ""
     755 Directory app/assets/css/ ""
     644 Regular app/assets/css/page.css "body {}"
     755 Regular app/migrate "exit"
     755 Directory usr/ ""
     755 Directory usr/local/ ""
     755 Directory usr/local/bin/ ""
     555 Regular usr/local/bin/mail "program"
    "#);
}

#[test]
fn what_is_measured_is_what_is_written() {
    let folder = Folder::new();
    let layer = tiny(&folder);
    let mut bytes = Vec::new();
    layer.write(&mut bytes).unwrap();
    let measure = layer.measure().unwrap();
    assert_eq!(measure.digest, Digest::of(&bytes));
    assert_eq!(measure.size, bytes.len() as u64);
}

#[test]
fn a_path_that_is_no_place_in_an_image_is_refused() {
    for path in ["etc", "", "/", "/a//b", "/a/./b", "/a/../b", "/a/"] {
        let refused = Layer::default().add_text(path.into(), 0o644, "").unwrap_err();
        assert!(refused.to_string().starts_with(&format!("`{path}` is no place in an image")));
    }
    let mut layer = Layer::default();
    layer.add_text("/a".into(), 0o644, "").unwrap();
    let refused = layer.add_text("/a/b".into(), 0o644, "").unwrap_err();
    assert_snapshot!(refused, @"`/a` is both a file and a directory");
}

#[test]
fn a_service_that_is_no_file_name_has_no_path() {
    assert_eq!(program_path("mail").unwrap(), "/usr/local/bin/mail");
    assert_snapshot!(program_path("a/b").unwrap_err(), @"`a/b` cannot be the name of a file");
    program_path("").unwrap_err();
}
