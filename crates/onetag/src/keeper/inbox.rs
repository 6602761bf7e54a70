//! What reaches the keeper: questions on its socket, the coming and going of
//! those who ask, signals. Each comes from a thread of its own, which only
//! listens.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::Context as _;
use onetag_control::protocol::{
    Head, Numbered, PROTOCOL, Request as ControlRequest, other_version,
};
use serde::Serialize;
use serde_json::Value;

use super::control::Control;
use super::protocol::{Reply, Request};
use super::queries::{Queries, Snapshot};
use super::serve::Keeper;

/// Something that happened.
pub(super) enum Event {
    /// Somebody asks, and waits for the answer.
    Asked {
        request: Request,
        /// The connection of a suite: what is taken away over it comes back when
        /// it ends. None for the harness, whose changes last.
        suite: Option<ConnectionId>,
        reply: Sender<Reply>,
    },
    /// A harness said that it is there.
    Attached,
    /// A harness is gone.
    Detached,
    /// The connection of a suite has ended.
    Left(ConnectionId),
    /// Whoever asked the keeper to end is gone before it did.
    Abandoned,
    /// A step of the backend is over; this takes note of it.
    Done(Box<dyn FnOnce(&mut Keeper) + Send>),
    /// A connection wants to know what there is.
    Snapshot(Sender<Snapshot>),
    /// A signal asks the keeper to end.
    Signal,
}

/// Tells the connections of this keeper apart.
pub(super) type ConnectionId = u64;

/// Tells of everything that comes in on the socket.
pub(super) fn listen(socket: UnixListener, queries: Queries) -> anyhow::Result<()> {
    thread::Builder::new()
        .name("socket".to_owned())
        .spawn(move || {
            for (id, connection) in (0..).zip(socket.incoming().flatten()) {
                let queries = queries.clone();
                thread::spawn(move || Conversation { id, queries }.hold(&connection));
            }
        })
        .context("cannot start the thread that listens")?;
    Ok(())
}

/// One connection, from its beginning to its end.
struct Conversation {
    id: ConnectionId,
    queries: Queries,
}

impl Conversation {
    /// Answers line by line until the connection or the keeper ends.
    fn hold(&self, connection: &UnixStream) {
        let (mut attached, mut suite, mut ends) = (false, false, false);
        for line in BufReader::new(connection).lines() {
            let Ok(line) = line else { break };
            let (number, question) = Question::read(&line);
            let answer = match question {
                Ok(Question::Harness(request)) => {
                    if matches!(request, Request::Attach) && !attached {
                        attached = true;
                        let _ = self.queries.events.send(Event::Attached);
                    }
                    ends |= matches!(request, Request::Shutdown { .. });
                    self.ask(request, None).map(|reply| written(number, &reply))
                }
                Ok(Question::Suite(request)) => {
                    suite = true;
                    let ask = |request| self.ask(request, Some(self.id));
                    let control = Control { folder: &self.queries.folder, ask: &ask };
                    Some(written(number, &control.answer(request)))
                }
                Err(reason) => Some(written(number, &Reply::Refused { reason, hints: Vec::new() })),
            };
            let Some(answer) = answer else { break };
            let mut stream = connection;
            if stream.write_all(&answer).is_err() {
                break;
            }
        }
        if attached {
            let _ = self.queries.events.send(Event::Detached);
        }
        if ends {
            let _ = self.queries.events.send(Event::Abandoned);
        }
        if suite {
            let _ = self.queries.events.send(Event::Left(self.id));
        }
    }

    /// Answers what can be answered here, and asks the keeper's loop for the rest; none
    /// when that has ended.
    fn ask(&self, request: Request, suite: Option<ConnectionId>) -> Option<Reply> {
        if let Some(reply) = self.queries.answer(&request) {
            return reply;
        }
        let (reply, answer) = mpsc::channel();
        let _ = self.queries.events.send(Event::Asked { request, suite, reply });
        answer.recv().ok()
    }
}

/// What a line asks, and who.
enum Question {
    Harness(Request),
    Suite(ControlRequest),
}

impl Question {
    /// What a line asks, or why that cannot be said; and its number.
    fn read(line: &str) -> (u64, Result<Question, String>) {
        let head = match serde_json::from_str::<Head>(line) {
            Ok(head) if head.protocol == PROTOCOL => head,
            Ok(Head { protocol, number }) => {
                return (number, Err(other_version(PROTOCOL, protocol)));
            }
            Err(error) => return (0, Err(not_a_request(error))),
        };
        let read = || {
            let Numbered::<Value> { body, .. } = serde_json::from_str(line)?;
            match body.get("control") {
                Some(_) => serde_json::from_value(body).map(Question::Suite),
                None => serde_json::from_value(body).map(Question::Harness),
            }
        };
        (head.number, read().map_err(not_a_request))
    }
}

fn not_a_request(error: serde_json::Error) -> String {
    format!("not a request: {error}")
}

fn written(number: u64, reply: &impl Serialize) -> Vec<u8> {
    let line = Numbered { protocol: PROTOCOL, number, body: reply }.to_line();
    line.expect("replies have no keys but text")
}

/// Tells of the signals that ask for an end.
pub(super) fn listen_for_signals(events: Sender<Event>) -> anyhow::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new(crate::system::signals::ending())
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
