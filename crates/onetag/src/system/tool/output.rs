//! What a command prints: where it goes, and reading it.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::os::fd::AsFd as _;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

/// How long the output of a command may go on after its end.
///
/// All that it started has been ended by then, but for what has left its session.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long output that is only passed on is waited for after the command's end.
const PASS_ON_TIMEOUT: Duration = Duration::from_secs(1);

/// Where the output of a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// To the terminal, as talk: to stderr, whatever the command chose.
    Inherit,
    /// Into [`Finished`](super::Finished).
    Capture,
    /// To stderr, and into [`Finished`](super::Finished).
    Both,
    /// The first of it, so many bytes; the rest is lost.
    Beginning(u64),
    /// Kept back; if the command fails, to stderr after all.
    OnFailure,
}

/// What gets output that would go to stderr.
pub(crate) trait Sink: Send + Sync {
    /// Takes some of it; what cannot be taken is lost.
    fn write(&self, bytes: &[u8]);
}

/// This process's stderr. Once it is closed or full, the rest is lost.
struct Stderr;

impl Sink for Stderr {
    fn write(&self, bytes: &[u8]) {
        let _ = std::io::stderr().lock().write_all(bytes);
    }
}

/// The pipe, or the copy of the terminal, that a command writes to.
///
/// Only a terminal is handed over. A pipe or a file that is closed or full would
/// be an error of the command, and change its exit code and so ours.
pub(super) fn stdio(output: Output, has_sink: bool) -> anyhow::Result<Stdio> {
    let stderr = std::io::stderr();
    if output != Output::Inherit || has_sink || !stderr.is_terminal() {
        return Ok(Stdio::piped());
    }
    let terminal = stderr.as_fd().try_clone_to_owned();
    Ok(terminal.context("cannot share the terminal with a command")?.into())
}

/// A pipe that is read in a thread of its own, so that a full one blocks nobody.
pub(super) struct Drain {
    output: Output,
    sink: Arc<dyn Sink>,
    /// None if the command writes to the terminal itself.
    all: Option<Receiver<std::io::Result<Vec<u8>>>>,
}

impl Drain {
    /// Reads the pipe; what goes to stderr goes to `sink` if there is one, and each line
    /// that is captured to `lines` as well.
    pub(super) fn start(
        pipe: Option<impl Read + Send + 'static>,
        output: Output,
        sink: Option<Arc<dyn Sink>>,
        lines: Option<Sender<Vec<u8>>>,
    ) -> Drain {
        let sink = sink.unwrap_or_else(|| Arc::new(Stderr));
        let all = pipe.map(|mut pipe| {
            let (read, all) = mpsc::channel();
            let sink = Arc::clone(&sink);
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let result = match output {
                    Output::Inherit => pass_on(&mut pipe, &*sink, |_| {}),
                    Output::Both => pass_on(&mut pipe, &*sink, |chunk| bytes.extend(chunk)),
                    Output::Beginning(limit) => {
                        let first = (&mut pipe).take(limit).read_to_end(&mut bytes);
                        first.and_then(|_| std::io::copy(&mut pipe, &mut std::io::sink())).map(drop)
                    }
                    Output::Capture | Output::OnFailure => match lines {
                        Some(lines) => read_lines(pipe, &lines, &mut bytes),
                        None => pipe.read_to_end(&mut bytes).map(drop),
                    },
                };
                let _ = read.send(result.map(|()| bytes));
            });
            all
        });
        Drain { output, sink, all }
    }

    /// All that the command printed if it is captured, else nothing. What was kept
    /// back is printed now, unless the command has `succeeded`.
    pub(super) fn collect(self, succeeded: bool) -> anyhow::Result<Vec<u8>> {
        let Some(all) = self.all else { return Ok(Vec::new()) };
        let limit = match self.output {
            Output::Capture | Output::Both | Output::Beginning(_) => OUTPUT_TIMEOUT,
            Output::Inherit | Output::OnFailure => PASS_ON_TIMEOUT,
        };
        let read = all.recv_timeout(limit);
        if let Output::Capture | Output::Both | Output::Beginning(_) = self.output {
            let read = read.context("a background process still holds its output open")?;
            return read.context("cannot read the output of the command");
        }
        if let (Output::OnFailure, false, Ok(Ok(bytes))) = (self.output, succeeded, read) {
            self.sink.write(&bytes);
        }
        Ok(Vec::new())
    }
}

/// Reads a pipe to its end, and sends each line as soon as it is there.
fn read_lines(pipe: impl Read, lines: &Sender<Vec<u8>>, all: &mut Vec<u8>) -> std::io::Result<()> {
    let mut pipe = BufReader::new(pipe);
    loop {
        let start = all.len();
        if pipe.read_until(b'\n', all)? == 0 {
            return Ok(());
        }
        // Who does not listen any more has what it wanted.
        let _ = lines.send(all[start..].to_owned());
    }
}

/// Copies a pipe to where it goes, and shows it to `seen`.
fn pass_on(
    pipe: &mut impl Read,
    sink: &dyn Sink,
    mut seen: impl FnMut(&[u8]),
) -> std::io::Result<()> {
    let mut chunk = [0; 8192];
    loop {
        match pipe.read(&mut chunk)? {
            0 => return Ok(()),
            length => {
                sink.write(&chunk[..length]);
                seen(&chunk[..length]);
            }
        }
    }
}
