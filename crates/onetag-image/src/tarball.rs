//! Writing a tar of which every byte is determined by names, modes and
//! contents.
//!
//! The format is POSIX.1-1988 `ustar`, which every engine reads. Times are 0,
//! the owner is 0 without a name, and there are no pax headers: those of other
//! writers hold process ids and sub-second times, which would give the same
//! contents another digest every time.

use std::io::{self, Write};

use anyhow::{bail, ensure};

/// Tar files consist of blocks of this many bytes.
const BLOCK: usize = 512;

/// Writes entries in ascending order of their paths.
pub(crate) struct TarWriter<W> {
    out: W,
    last: String,
}

/// Counts what passes.
struct Counted<'a, W> {
    out: &'a mut W,
    size: u64,
}

impl<W: Write> TarWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, last: String::new() }
    }

    /// Adds a directory; `path` has no slash at either end.
    pub(crate) fn directory(&mut self, path: &str, mode: u32) -> anyhow::Result<()> {
        self.header(path, &format!("{path}/"), mode, 0, b'5')
    }

    /// Adds a file whose contents are at hand.
    pub(crate) fn file(&mut self, path: &str, mode: u32, contents: &[u8]) -> anyhow::Result<()> {
        self.stream(path, mode, contents.len() as u64, |out| Ok(out.write_all(contents)?))
    }

    /// Adds a file whose contents `write` writes: `size` bytes, which the
    /// header has to say before the first of them is known.
    pub(crate) fn stream(
        &mut self,
        path: &str,
        mode: u32,
        size: u64,
        write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.header(path, path, mode, size, b'0')?;
        let mut counted = Counted { out: &mut self.out, size: 0 };
        write(&mut counted)?;
        let written = counted.size;
        ensure!(
            written == size,
            "`{path}` changed while it was read: {written} bytes instead of {size}"
        );
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        self.out.write_all(&[0; BLOCK][..padding as usize])?;
        Ok(())
    }

    /// Writes the end of the tar and hands back the writer below.
    pub(crate) fn finish(mut self) -> anyhow::Result<W> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        Ok(self.out)
    }

    fn header(
        &mut self,
        path: &str,
        name: &str,
        mode: u32,
        size: u64,
        kind: u8,
    ) -> anyhow::Result<()> {
        assert!(path > self.last.as_str(), "`{path}` does not come after `{}`", self.last);
        path.clone_into(&mut self.last);
        self.out.write_all(&header(name, mode, size, kind)?)?;
        Ok(())
    }
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The block before an entry's contents; the offsets are those of the
/// standard's table "ustar Header Block".
fn header(name: &str, mode: u32, size: u64, kind: u8) -> anyhow::Result<[u8; BLOCK]> {
    let (prefix, name) = split(name)?;
    if size >= 1 << 33 {
        bail!("`{name}` has {size} bytes, and a tar entry at most 8 GiB");
    }
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, format!("{mode:07o}").as_bytes());
    put(108, b"0000000"); // Owner.
    put(116, b"0000000"); // Group.
    put(124, format!("{size:011o}").as_bytes());
    put(136, b"00000000000"); // Modification time.
    put(148, b"        "); // The checksum, which is summed up as spaces.
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    put(329, b"0000000"); // Device numbers, of no meaning here.
    put(337, b"0000000");
    put(345, prefix.as_bytes());
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

/// A name longer than 100 bytes is cut at a slash, with at most 155 bytes
/// before it.
fn split(name: &str) -> anyhow::Result<(&str, &str)> {
    if name.len() <= 100 {
        return Ok(("", name));
    }
    // The slash at a directory's end is no place to cut.
    let slashes = name.match_indices('/').map(|(at, _)| at).filter(|at| at + 1 < name.len());
    match slashes.filter(|at| *at > 0 && *at <= 155).find(|at| name.len() - at - 1 <= 100) {
        Some(at) => Ok((&name[..at], &name[at + 1..])),
        None => bail!(
            "`{name}` is too long a path for a tar: at most 155 bytes, a slash, and 100 bytes"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use proptest::collection::btree_map;
    use proptest::prelude::*;
    use std::io::Read as _;

    #[test]
    fn a_promise_of_size_that_is_not_kept_is_an_error() {
        let mut tar = TarWriter::new(Vec::new());
        let short = tar.stream("a", 0o644, 3, |out| Ok(out.write_all(b"ab")?));
        assert_snapshot!(short.unwrap_err(), @"`a` changed while it was read: 2 bytes instead of 3");
    }

    #[test]
    fn too_long_a_path_is_an_error() {
        let refused = header(&"x".repeat(101), 0o644, 0, b'0').unwrap_err();
        assert!(refused.to_string().ends_with("at most 155 bytes, a slash, and 100 bytes"));
        header("x", 0o644, 1 << 33, b'0').unwrap_err();
        header("x", 0o644, (1 << 33) - 1, b'0').unwrap();
    }

    #[test]
    #[should_panic(expected = "`a` does not come after `b`")]
    fn entries_out_of_order_are_a_mistake_of_the_caller() {
        let mut tar = TarWriter::new(Vec::new());
        tar.file("b", 0o644, b"").unwrap();
        let _ = tar.file("a", 0o644, b"");
    }

    proptest! {
        /// Another reader finds the names, modes and contents, and nothing
        /// that differs from one run to the next.
        #[test]
        fn another_implementation_reads_it_back(
            files in btree_map("[a-z]{1,90}(/[a-z]{1,60}){0,2}", (0_u32..0o10000, any::<Vec<u8>>()), 0..6),
        ) {
            let mut writer = TarWriter::new(Vec::new());
            for (path, (mode, contents)) in &files {
                writer.file(path, *mode, contents).unwrap();
            }
            let bytes = writer.finish().unwrap();
            prop_assert_eq!(bytes.len() % BLOCK, 0);

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
}
