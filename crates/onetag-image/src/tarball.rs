//! Writing a tar whose bytes depend on names, modes and contents only.
//!
//! The format is POSIX.1-1988 `ustar`, which every engine reads. Times are 0, and
//! the owner is 0 without a name. There are no extension headers: other writers put
//! process ids and sub-second times into them, which would change the digest with
//! each writing.

use std::io::{self, Read, Write};

use anyhow::{Context as _, ensure};
use tar::{Builder, EntryType, Header};

/// Writes entries in ascending order of their paths.
pub(crate) struct TarWriter<W: Write> {
    tar: Builder<W>,
    last: String,
}

impl<W: Write> TarWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { tar: Builder::new(out), last: String::new() }
    }

    /// Adds a directory; `path` has no slash at either end.
    pub(crate) fn directory(&mut self, path: &str, mode: u32) -> anyhow::Result<()> {
        self.entry(path, EntryType::Directory, mode, 0, io::empty())
    }

    /// Adds a file with these contents, which must be `size` bytes: the header with
    /// the size is written before they are read.
    pub(crate) fn file(
        &mut self,
        path: &str,
        mode: u32,
        size: u64,
        contents: impl Read,
    ) -> anyhow::Result<()> {
        // One byte more than `size` shows a file that has grown.
        let mut contents = contents.take(size.saturating_add(1));
        self.entry(path, EntryType::Regular, mode, size, &mut contents)?;
        ensure!(
            contents.limit() == 1,
            "`{path}` changed while it was read: its size is not {size} bytes any more"
        );
        Ok(())
    }

    /// Adds a file whose contents are a tar of `size` bytes. The caller writes the tar
    /// to the writer that is returned, and checks what it wrote.
    pub(crate) fn nested_tar(
        &mut self,
        path: &str,
        mode: u32,
        size: u64,
    ) -> anyhow::Result<&mut dyn Write> {
        // A tar consists of whole blocks, so no padding follows.
        self.entry(path, EntryType::Regular, mode, size, io::empty())?;
        Ok(self.tar.get_mut())
    }

    /// Writes the end of the tar and returns the inner writer.
    pub(crate) fn finish(self) -> anyhow::Result<W> {
        Ok(self.tar.into_inner()?)
    }

    fn entry(
        &mut self,
        path: &str,
        kind: EntryType,
        mode: u32,
        size: u64,
        contents: impl Read,
    ) -> anyhow::Result<()> {
        assert!(path > self.last.as_str(), "`{path}` does not come after `{}`", self.last);
        path.clone_into(&mut self.last);
        self.tar.append(&header(path, kind, mode, size)?, contents)?;
        Ok(())
    }
}

/// The block before an entry's contents.
fn header(path: &str, kind: EntryType, mode: u32, size: u64) -> anyhow::Result<Header> {
    // `ustar` has eleven octal digits for the size.
    ensure!(size < 1 << 33, "`{path}` has {size} bytes, and a tar entry at most 8 GiB");
    let mut header = Header::new_ustar();
    let name = if kind.is_dir() { format!("{path}/") } else { path.to_owned() };
    header.set_path(name).with_context(|| {
        format!(
            "`{path}` cannot be a path in a tar, which has at most 155 bytes, a slash, and \
             100 bytes"
        )
    })?;
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_device_major(0)?;
    header.set_device_minor(0)?;
    header.set_cksum();
    Ok(header)
}

#[cfg(test)]
#[path = "tarball_tests.rs"]
mod tests;
