//! Reading a log while it grows.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;

use super::find::RunLog;
use super::output::LogOutput;
use crate::gc::dead::{self, RunState};

/// The pause between two looks, at least and at most: a tenth of the time in which
/// nothing was printed.
const PAUSE: [Duration; 2] = [Duration::from_millis(25), Duration::from_millis(500)];

/// How much is read at a time.
const CHUNK: usize = 64 << 10;

/// What is written where the log was cut while it was read.
const CUT: &[u8] = b"\n[onetag: the log was cut, some of it may be missing here]\n";

/// A log, wherever its run lies by now, and how far it was read.
pub(super) struct LogReader {
    paths: [Utf8PathBuf; 2],
    position: u64,
}

impl LogReader {
    pub(super) fn new(log: &RunLog) -> LogReader {
        let finished = log.folder.layout().finished_run(log.folder.run_id());
        LogReader { paths: [&log.folder, &finished].map(|run| run.log(&log.service)), position: 0 }
    }

    /// Writes what was not read yet, as long as somebody reads it; says whether there was
    /// something.
    ///
    /// Errors: the log cannot be read, or a signal came.
    pub(super) fn copy_new(&mut self, output: &mut LogOutput<'_>) -> anyhow::Result<bool> {
        let Some(mut file) = self.open()? else { return Ok(false) };
        let length = file.metadata()?.len();
        if length < self.position {
            // Its middle was taken out, so that it does not grow without bounds.
            self.position = length;
            output.write(CUT)?;
        }
        file.seek(SeekFrom::Start(self.position))?;
        let (mut buffer, mut is_new) = (vec![0; CHUNK], false);
        while !output.is_closed()
            && let read @ 1.. = file.read(&mut buffer)?
        {
            output.write(&buffer[..read])?;
            self.position += read as u64;
            is_new = true;
        }
        Ok(is_new)
    }

    /// None if somebody removed it.
    fn open(&self) -> io::Result<Option<File>> {
        // A run that ends meanwhile moves from the one to the other.
        for path in &self.paths {
            match File::open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                opened => return opened.map(Some),
            }
        }
        Ok(None)
    }
}

/// Writes what comes until nobody reads any more or the run has ended, and says how that
/// was.
///
/// Errors: the log cannot be read, or a signal came.
pub(super) fn follow(
    log: &RunLog,
    reader: &mut LogReader,
    output: &mut LogOutput<'_>,
) -> anyhow::Result<Option<String>> {
    let mut printed_at = Instant::now();
    loop {
        let end = match log.bring_up_to_date() {
            Ok(()) => None,
            Err(_) => end_of_run(log)?,
        };
        if reader.copy_new(output)? {
            printed_at = Instant::now();
        }
        if end.is_some() || output.is_closed() {
            return Ok(end);
        }
        let [shortest, longest] = PAUSE;
        output.pause((printed_at.elapsed() / 10).clamp(shortest, longest))?;
    }
}

/// If the run has ended whose keeper does not answer, says so in a sentence.
fn end_of_run(log: &RunLog) -> anyhow::Result<Option<String>> {
    let run_id = log.folder.run_id();
    let entries = dead::find(&log.folder.layout())?;
    let entry = entries.iter().find(|entry| entry.folder.run_id() == run_id);
    Ok(match entry.map(|entry| entry.state) {
        // It is being torn down, or the keeper could not be asked for another reason.
        Some(RunState::Active | RunState::Kept) => None,
        Some(RunState::Orphaned) => Some(format!("the keeper of run {run_id} is gone")),
        Some(RunState::Dead | RunState::Copy) | None => Some(format!("run {run_id} has ended")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::signals::Interrupt;

    #[test]
    fn a_log_is_read_on_where_it_moves_and_where_it_was_cut() {
        let temp = tempfile::tempdir().unwrap();
        let path = |name: &str| Utf8PathBuf::try_from(temp.path().join(name)).unwrap();
        let interrupt = Interrupt::default();
        let mut output = LogOutput::to(File::create(path("out")).unwrap(), &interrupt);
        let mut reader = LogReader { paths: ["log", "moved"].map(path), position: 0 };
        let mut copy = || reader.copy_new(&mut output).unwrap();
        assert!(!copy());
        std::fs::write(path("log"), "one\n").unwrap();
        assert!(copy() && !copy());
        std::fs::write(path("log"), "one\ntwo\n").unwrap();
        std::fs::rename(path("log"), path("moved")).unwrap();
        assert!(copy());
        std::fs::write(path("moved"), "o[cut]\n").unwrap();
        assert!(!copy());
        std::fs::write(path("moved"), "o[cut]\nthree\n").unwrap();
        assert!(copy());
        let printed = std::fs::read(path("out")).unwrap();
        assert_eq!(printed, [b"one\ntwo\n", CUT, b"three\n"].concat());
    }
}
