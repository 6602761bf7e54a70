//! What a service prints, on its way to its log.

use std::io::{ErrorKind, PipeReader, PipeWriter, Read as _};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Context as _;

use super::super::log::BoundedLog;
use crate::system::{make_non_blocking, wait_until_readable};

/// How much is read at a time: all that a pipe holds.
const CHUNK: usize = 64 << 10;

/// How many chunks are read before others get their turn.
const TURN: usize = 16;

/// A pipe into a log. A thread of its own reads it, so that a service that prints
/// waits for nobody.
#[derive(Debug)]
pub(super) struct Pump(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    pipe: PipeReader,
    /// None once the service has ended: what holds the pipe open then is no part of it.
    log: Option<BoundedLog>,
    buffer: Vec<u8>,
}

impl Pump {
    /// Starts it; the service gets the other end.
    pub(super) fn start(log: BoundedLog) -> anyhow::Result<(Pump, PipeWriter)> {
        let (pipe, service) = std::io::pipe().context("cannot make a pipe")?;
        make_non_blocking(&pipe).context("cannot set up a pipe")?;
        let watched = pipe.try_clone().context("cannot share a pipe")?;
        let inner = Inner { pipe, log: Some(log), buffer: vec![0; CHUNK] };
        let inner = Arc::new(Mutex::new(inner));
        let pump = Pump(Arc::clone(&inner));
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                while wait_until_readable(watched.as_fd()).is_ok() {
                    if lock(&inner).is_over() {
                        break;
                    }
                }
            })
            .context("cannot start the thread that writes a log")?;
        Ok((pump, service))
    }

    /// Returns once all that was printed before is in the log.
    pub(super) fn flush(&self) {
        lock(&self.0).is_over();
    }

    /// The same, and nothing is written to the log from then on.
    pub(super) fn close(&self) {
        let mut inner = lock(&self.0);
        inner.is_over();
        inner.log = None;
    }
}

impl Inner {
    /// Moves what is in the pipe, and says whether no more can come.
    fn is_over(&mut self) -> bool {
        for _ in 0..TURN {
            match self.pipe.read(&mut self.buffer) {
                Ok(0) => return true,
                Ok(length) => {
                    // On a full disk what is printed is lost, and the service goes on.
                    let _ = self.log.as_mut().map(|log| log.write(&self.buffer[..length]));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
        false
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use camino::Utf8PathBuf;

    use super::*;

    #[test]
    fn what_was_printed_is_in_the_log_after_a_flush_and_not_after_the_end() {
        let temp = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(temp.path().join("a.log")).unwrap();
        let (pump, mut service) = Pump::start(BoundedLog::open(&path).unwrap()).unwrap();
        let mut written = String::new();
        for number in 0..500 {
            let line = format!("line {number}\n");
            service.write_all(line.as_bytes()).unwrap();
            written += &line;
            pump.flush();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
        }
        pump.close();
        service.write_all(b"from the background").unwrap();
        pump.flush();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    }
}
