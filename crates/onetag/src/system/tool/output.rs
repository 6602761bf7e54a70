//! What a command says: where it goes, and reading it.

use std::io::Read;
use std::os::fd::AsFd as _;
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use super::Output;

/// How long what a command says may go on after its end.
///
/// All that it started has been ended by then, but for what has left its session.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(15);

/// The pipe, or a copy of the terminal, that a command writes to.
pub(super) fn terminal(said: Output) -> anyhow::Result<Stdio> {
    Ok(match said {
        Output::Capture => Stdio::piped(),
        Output::Inherit => std::io::stderr()
            .as_fd()
            .try_clone_to_owned()
            .context("cannot share the terminal with a command")?
            .into(),
    })
}

/// What comes out of a pipe, once it is all there; none if there is no pipe.
pub(super) type Drain = Option<Receiver<std::io::Result<Vec<u8>>>>;

/// Reads a pipe in a thread of its own, so that a full one blocks nobody.
pub(super) fn drain(pipe: Option<impl Read + Send + 'static>) -> Drain {
    pipe.map(|mut pipe| {
        let (said, all) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = said.send(pipe.read_to_end(&mut bytes).map(|_| bytes));
        });
        all
    })
}

/// All that came out of a pipe.
pub(super) fn collect(drain: Drain) -> anyhow::Result<Vec<u8>> {
    let Some(all) = drain else {
        return Ok(Vec::new());
    };
    let bytes = all
        .recv_timeout(OUTPUT_TIMEOUT)
        .context("a background process still holds its output open")?;
    bytes.context("cannot read what the command said")
}
