//! The queue: bounded, in order, one process at a time.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use time::OffsetDateTime;

use super::dead_letters::DeadLetters;
use super::entry::{Entry, SpoolRecord};
use super::segment::Segment;
use super::sync_folder;

/// The size in bytes at which a new segment is begun. At most this much is
/// replayed again after a crash.
const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;

/// The extension of segment files.
const EXTENSION: &str = "spool";

/// The limits of a spool.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many events may wait.
    pub events: u64,
    /// The size in bytes at which a new segment is begun.
    pub segment_bytes: u64,
}

/// The spool has no room for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolFull;

/// A durable queue of [entries](Entry) in a folder of its own.
///
/// All methods block: appending waits for the disk.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    limits: Limits,
    /// The segments, oldest first; the last one is appended to.
    segments: VecDeque<Segment>,
    /// The number of the next segment.
    next: u64,
    depth: u64,
    dead_letters: DeadLetters,
    /// Holds the lock of the folder until the process ends.
    _lock: File,
}

impl Limits {
    /// At most `events` events, in segments of the default size.
    #[must_use]
    pub fn events(events: u64) -> Self {
        Self { events, segment_bytes: SEGMENT_BYTES }
    }
}

impl Spool {
    /// Opens the spool in a folder, with all entries of an earlier process. The
    /// folder is created if it does not exist.
    ///
    /// # Errors
    /// When the folder cannot be written, or another process uses it.
    pub fn open(folder: &Path, limits: Limits) -> anyhow::Result<Self> {
        make_folder(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let lock = lock(folder)?;
        let mut spool = Self {
            dead_letters: DeadLetters::new(folder),
            folder: folder.to_owned(),
            limits,
            segments: VecDeque::new(),
            next: 0,
            depth: 0,
            _lock: lock,
        };
        let found = segments(folder)?;
        let last = found.last().map(|segment| segment.0);
        for (number, path) in found {
            let cannot = format!("cannot read {}", path.display());
            let segment = Segment::open(path, Some(number) == last).context(cannot)?;
            spool.next = number + 1;
            if segment.is_done() {
                segment.delete();
            } else {
                spool.depth += segment.lines().map(|line| line.header.events).sum::<u64>();
                spool.segments.push_back(segment);
            }
        }
        Ok(spool)
    }

    /// Appends entries in their order, each if there is room for all of its
    /// events. Accepted entries are on the disk when it returns.
    ///
    /// # Errors
    /// When they cannot be written; then none of them is in the spool.
    pub fn append(&mut self, entries: &[Entry]) -> io::Result<Vec<Result<(), SpoolFull>>> {
        let mut depth = self.depth;
        let mut lines = Vec::with_capacity(entries.len());
        let mut answers = Vec::with_capacity(entries.len());
        for entry in entries {
            let header = entry.header();
            let fits = header.events <= self.limits.events.saturating_sub(depth);
            if fits {
                lines.push((header, entry.line()?));
                depth += header.events;
            }
            answers.push(if fits { Ok(()) } else { Err(SpoolFull) });
        }
        if !lines.is_empty() {
            self.active()?.append(&lines)?;
        }
        self.depth = depth;
        Ok(answers)
    }

    /// The oldest entries, in their order: as many as fit into `events` and
    /// `bytes`, but at least one unless the spool is empty.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn oldest(&self, events: u64, bytes: usize) -> io::Result<Vec<SpoolRecord>> {
        let (mut events_left, mut bytes_left) = (events, bytes);
        let mut found = Vec::new();
        for segment in &self.segments {
            for line in segment.lines() {
                let fits = line.header.events <= events_left && line.length <= bytes_left;
                if !fits && !found.is_empty() {
                    return Ok(found);
                }
                events_left = events_left.saturating_sub(line.header.events);
                bytes_left = bytes_left.saturating_sub(line.length);
                found.push(segment.read(line)?);
            }
        }
        Ok(found)
    }

    /// Removes the `entries` oldest entries.
    pub fn remove(&mut self, entries: usize) {
        for _ in 0..entries {
            let Some(segment) = self.segments.front_mut() else {
                return;
            };
            self.depth -= segment.pop().map_or(0, |header| header.events);
            if segment.is_done()
                && let Some(done) = self.segments.pop_front()
            {
                done.delete();
            }
        }
    }

    /// How many events wait.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// When the oldest event was accepted.
    #[must_use]
    pub fn waiting_since(&self) -> Option<OffsetDateTime> {
        self.segments.iter().flat_map(Segment::lines).find_map(|line| line.header.taken_at)
    }

    /// The dead letters, for entries that cannot be replayed.
    #[must_use]
    pub fn dead_letters(&self) -> &DeadLetters {
        &self.dead_letters
    }

    /// The segment to append to.
    fn active(&mut self) -> io::Result<&mut Segment> {
        let has_room = self
            .segments
            .back()
            .is_some_and(|segment| segment.length() < self.limits.segment_bytes);
        if !has_room {
            let path = self.folder.join(format!("{:020}.{EXTENSION}", self.next));
            // A number is used once, even if creating the file failed.
            self.next += 1;
            self.segments.push_back(Segment::create(path, &self.folder)?);
        }
        self.segments.back_mut().ok_or_else(|| io::Error::other("there is no segment"))
    }
}

/// Creates the folder and syncs its name.
fn make_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    match folder.canonicalize()?.parent() {
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

/// Keeps other processes out of the folder for as long as the file is open.
fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another process uses it"),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// The segments in a folder with their numbers, the oldest first.
fn segments(folder: &Path) -> anyhow::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    let cannot = || format!("cannot read {}", folder.display());
    for file in folder.read_dir().with_context(cannot)? {
        let path = file.with_context(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION)
            && let Some(number) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok())
        {
            found.push((number, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}
