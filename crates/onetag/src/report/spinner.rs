//! A line of the terminal that changes while something is under way.

use std::io::Write as _;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the line changes.
const TICK: Duration = Duration::from_millis(100);

/// What turns; a picture for each tick.
const PICTURES: [char; 8] = ['⠁', '⠂', '⠄', '⡀', '⢀', '⠠', '⠐', '⠈'];

/// Back to the beginning of the line, and away with what stands there.
const CLEAR: &str = "\r\x1b[2K";

/// The line, from its first picture until it is cleared.
#[derive(Debug)]
pub(super) struct Spinner {
    line: Arc<Mutex<Line>>,
    /// Its end stops the thread that draws.
    stop: Sender<()>,
    drawer: JoinHandle<()>,
}

impl Spinner {
    /// Shows that `what` is under way; none if there can be no thread for it.
    pub(super) fn start(what: &str) -> Option<Spinner> {
        let line = Line { what: what.to_owned(), started: Instant::now(), ticks: 0 };
        write(&format!("{CLEAR}{}", line.text()));
        let line = Arc::new(Mutex::new(line));
        let (stop, stopped) = mpsc::channel();
        let drawn = Arc::clone(&line);
        let draw = move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                let mut line = drawn.lock().unwrap_or_else(PoisonError::into_inner);
                line.ticks += 1;
                write(&format!("{CLEAR}{}", line.text()));
            }
        };
        let drawer = thread::Builder::new().name("spinner".to_owned()).spawn(draw).ok()?;
        Some(Spinner { line, stop, drawer })
    }

    /// Says something above the line.
    pub(super) fn say(&self, text: &str) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        write(&format!("{CLEAR}{text}\n{}", line.text()));
    }

    /// Clears the line.
    pub(super) fn finish(self) {
        drop(self.stop);
        let _ = self.drawer.join();
        write(CLEAR);
    }
}

#[derive(Debug)]
struct Line {
    what: String,
    started: Instant,
    ticks: usize,
}

impl Line {
    fn text(&self) -> String {
        let elapsed = Duration::from_secs(self.started.elapsed().as_secs());
        let elapsed = humantime::format_duration(elapsed);
        format!("  {} {}  {elapsed}", PICTURES[self.ticks % PICTURES.len()], self.what)
    }
}

/// Writes all of it at once; a terminal that is gone is no reason to fail.
fn write(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_turns_and_tells_the_time() {
        let started = Instant::now().checked_sub(Duration::from_millis(65_900)).unwrap();
        let line = |ticks| Line { what: "build".to_owned(), started, ticks }.text();
        assert_eq!(line(0), "  ⠁ build  1m 5s");
        assert_eq!(line(9), "  ⠂ build  1m 5s");
    }
}
