//! One file of lines, appended to at the end and read from the start.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::entry::{self, Header, SpoolRecord};
use super::sync_folder;

/// One file, and the positions of its lines.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    file: File,
    /// The length of the whole lines, in bytes. Bytes behind it remain from a
    /// failed append.
    length: u64,
    /// Whether there are bytes behind `length`.
    torn: bool,
    /// The lines that are not removed, oldest first.
    lines: VecDeque<Line>,
}

/// The position of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    offset: u64,
    /// In bytes, without the line end.
    pub(super) length: usize,
    pub(super) header: Header,
}

impl Segment {
    /// Creates an empty file and syncs its name.
    pub(super) fn create(path: PathBuf, folder: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(&path)?;
        sync_folder(folder)?;
        Ok(Self { path, file, length: 0, torn: false, lines: VecDeque::new() })
    }

    /// Opens a file of an earlier process. If it is the last segment, bytes
    /// behind the last line end were never acknowledged and are cut off. In
    /// other segments they are a damaged line.
    pub(super) fn open(path: PathBuf, is_last: bool) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut segment = Self { path, file, length: 0, torn: false, lines: VecDeque::new() };
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let whole = line.strip_suffix(b"\n");
            if whole.is_none() && is_last {
                tracing::warn!(
                    file = %segment.path.display(),
                    bytes = line.len(),
                    "an append was cut short; what it left was never acknowledged and is dropped"
                );
                segment.torn = true;
                segment.mend()?;
                break;
            }
            let line = whole.unwrap_or(line);
            segment.note(line.len(), entry::header(line));
        }
        Ok(segment)
    }

    /// Appends lines, given with their line ends, and returns once they are on
    /// the disk. After an error the file has none of them.
    pub(super) fn append(&mut self, lines: &[(Header, Vec<u8>)]) -> io::Result<()> {
        self.mend()?;
        let bytes = lines.iter().map(|line| line.1.as_slice()).collect::<Vec<_>>().concat();
        self.torn = true;
        self.file.write_all(&bytes)?;
        self.file.sync_data()?;
        self.torn = false;
        for (header, line) in lines {
            self.note(line.len() - 1, *header);
        }
        Ok(())
    }

    /// The lines that are not removed, oldest first.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// Reads a line.
    pub(super) fn read(&self, line: &Line) -> io::Result<SpoolRecord> {
        let mut bytes = vec![0; line.length];
        self.file.read_exact_at(&mut bytes, line.offset)?;
        Ok(entry::read(&bytes))
    }

    /// Removes the oldest line from the list; the file is not changed.
    pub(super) fn pop(&mut self) -> Option<Header> {
        self.lines.pop_front().map(|line| line.header)
    }

    /// Whether all lines are removed.
    pub(super) fn is_done(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many bytes the file has.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Deletes the file. The deletion need not survive a crash: replaying the
    /// lines again changes nothing.
    pub(super) fn delete(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            let file = self.path.display();
            tracing::warn!(%file, %error, "a segment of the spool is done but stays");
        }
    }

    /// Cuts off the remains of a failed append.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        Ok(())
    }

    /// Adds a line at the end of the file, `length` bytes long without its line
    /// end.
    fn note(&mut self, length: usize, header: Header) {
        self.lines.push_back(Line { offset: self.length, length, header });
        self.length += length as u64 + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_append_left_is_cut_off_before_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("1.spool");
        let mut segment = Segment::create(path.clone(), folder.path()).expect("made");
        let line = |text: &str| (entry::header(b""), format!("{text}\n").into_bytes());
        segment.append(&[line("first")]).expect("written");
        // A write that stopped when the disk was full.
        segment.file.write_all(b"second\nthi").expect("written");
        segment.torn = true;

        segment.append(&[line("fourth")]).expect("written");

        assert_eq!(std::fs::read_to_string(&path).expect("text"), "first\nfourth\n");
        let found: Vec<_> = segment.lines().map(|line| (line.offset, line.length)).collect();
        assert_eq!(found, [(0, 5), (6, 6)]);
    }
}
