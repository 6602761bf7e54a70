//! What reaches the keeper: questions on its socket, the coming and going of the
//! harness, signals. Each comes from a thread of its own, which only listens.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::Context as _;

use super::protocol::{Reply, Request};

/// Something that happened.
pub(super) enum Event {
    /// Somebody asks, and waits for the answer.
    Asked(Request, Sender<Reply>),
    /// A harness said that it is there.
    Attached,
    /// A harness is gone.
    Detached,
    /// The process with this id has ended, and is not waited for yet.
    ServiceEnded(u32),
    /// A signal asks the keeper to end.
    Signal,
}

/// Tells of everything that comes in on the socket.
pub(super) fn listen(socket: UnixListener, events: Sender<Event>) -> anyhow::Result<()> {
    thread::Builder::new()
        .name("socket".to_owned())
        .spawn(move || {
            for connection in socket.incoming().flatten() {
                let events = events.clone();
                thread::spawn(move || converse(&connection, &events));
            }
        })
        .context("cannot start the thread that listens")?;
    Ok(())
}

/// Answers one connection until it ends.
fn converse(connection: &UnixStream, events: &Sender<Event>) {
    let mut attached = false;
    for line in BufReader::new(connection).lines() {
        let Ok(line) = line else { break };
        let reply = match serde_json::from_str::<Request>(&line) {
            Err(error) => Reply::Refused { reason: format!("not a request: {error}") },
            Ok(request) => {
                if matches!(request, Request::Attach) && !attached {
                    attached = true;
                    let _ = events.send(Event::Attached);
                }
                let (reply, answer) = mpsc::channel();
                let _ = events.send(Event::Asked(request, reply));
                let Ok(answer) = answer.recv() else { break };
                answer
            }
        };
        let Ok(mut text) = serde_json::to_vec(&reply) else {
            break;
        };
        text.push(b'\n');
        let mut stream = connection;
        if stream.write_all(&text).is_err() {
            break;
        }
    }
    if attached {
        let _ = events.send(Event::Detached);
    }
}

/// Tells of the signals that ask for an end.
pub(super) fn listen_for_signals(events: Sender<Event>) -> anyhow::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])
        .context("cannot listen for signals")?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for _ in signals.forever() {
                let _ = events.send(Event::Signal);
            }
        })
        .context("cannot start the thread that listens for signals")?;
    Ok(())
}
