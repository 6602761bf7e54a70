use super::*;
use insta::assert_snapshot;
use proptest::collection::btree_map;
use proptest::prelude::*;

#[test]
fn a_promise_of_size_that_is_not_kept_is_an_error() {
    let written = |contents: &[u8]| TarWriter::new(Vec::new()).file("a", 0o644, 3, contents);
    written(b"abc").unwrap();
    assert_snapshot!(written(b"ab").unwrap_err(), @"`a` changed while it was read: its size is not 3 bytes any more");
    written(b"abcd").unwrap_err();
    written(&[0; 4096]).unwrap_err();
}

#[test]
fn too_long_a_path_or_file_is_an_error() {
    let refused = header(&"x".repeat(101), EntryType::Regular, 0o644, 0).unwrap_err();
    assert!(refused.to_string().ends_with("at most 155 bytes, a slash, and 100 bytes"));
    // The slash at a directory's end counts.
    header(&"x".repeat(100), EntryType::Directory, 0o755, 0).unwrap_err();
    header("x", EntryType::Regular, 0o644, 1 << 33).unwrap_err();
    header("x", EntryType::Regular, 0o644, (1 << 33) - 1).unwrap();
}

#[test]
#[should_panic(expected = "`a` does not come after `b`")]
fn entries_out_of_order_are_a_mistake_of_the_caller() {
    let mut tar = TarWriter::new(Vec::new());
    tar.file("b", 0o644, 0, io::empty()).unwrap();
    let _ = tar.file("a", 0o644, 0, io::empty());
}

proptest! {
    /// A reader finds the names, modes and contents, and nothing that differs
    /// from one run to the next.
    #[test]
    fn what_is_written_is_read_back(
        files in btree_map("[a-z]{1,90}(/[a-z]{1,60}){0,2}", (0_u32..0o10000, any::<Vec<u8>>()), 0..6),
    ) {
        let mut writer = TarWriter::new(Vec::new());
        for (path, (mode, contents)) in &files {
            writer.file(path, *mode, contents.len() as u64, &contents[..]).unwrap();
        }
        let bytes = writer.finish().unwrap();
        prop_assert_eq!(bytes.len() % 512, 0);

        let mut archive = tar::Archive::new(&bytes[..]);
        let mut expected = files.iter();
        for entry in archive.entries().unwrap().raw(true) {
            let mut entry = entry.unwrap();
            let (path, (mode, contents)) = expected.next().unwrap();
            prop_assert_eq!(&*entry.path_bytes(), path.as_bytes());
            let header = entry.header();
            prop_assert_eq!(header.entry_type(), tar::EntryType::Regular);
            prop_assert_eq!(header.mode().unwrap(), *mode);
            prop_assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            prop_assert_eq!(header.mtime().unwrap(), 0);
            let mut read = Vec::new();
            entry.read_to_end(&mut read).unwrap();
            prop_assert_eq!(&read, contents);
        }
        prop_assert!(expected.next().is_none());
    }
}
