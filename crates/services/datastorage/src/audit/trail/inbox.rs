//! The requests that wait, taken in groups.

use datastorage_client::NewEvent;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot, watch};

use super::{AppendError, AppendOutcome};

/// A group takes no further request once it has so many events. One commit for
/// so many is cheap enough, and the transaction stays short.
const GROUP_EVENTS: usize = 500;

/// Events that one client wants to hand over, all or none.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) events: Vec<NewEvent>,
    pub(super) answer: oneshot::Sender<Result<AppendOutcome, AppendError>>,
}

/// Requests that are handled together, in the order of their arrival.
pub(super) type Group = Vec<Request>;

/// The requests that wait.
#[derive(Debug)]
pub(super) struct Inbox {
    requests: mpsc::Receiver<Request>,
    stop: watch::Receiver<bool>,
}

impl Request {
    /// Answers; a client that no longer waits is no error.
    pub(super) fn answer(self, answer: Result<AppendOutcome, AppendError>) {
        let _ = self.answer.send(answer);
    }
}

impl Inbox {
    pub(super) fn new(requests: mpsc::Receiver<Request>, stop: watch::Receiver<bool>) -> Self {
        Self { requests, stop }
    }

    /// Waits for a request and takes all that wait behind it; `None` when the
    /// trail is closed and nothing is left. Cancelling the wait loses nothing.
    pub(super) async fn next(&mut self) -> Option<Group> {
        if !self.requests.is_closed() {
            tokio::select! {
                biased;
                first = self.requests.recv() => return Some(self.group(first?)),
                () = stopped(&mut self.stop) => self.requests.close(),
            }
        }
        let first = self.requests.recv().await?;
        Some(self.group(first))
    }

    /// Takes what waits now, which may be nothing; `None` when the trail is
    /// closed and nothing is left.
    pub(super) fn now(&mut self) -> Option<Group> {
        if *self.stop.borrow() {
            self.requests.close();
        }
        match self.requests.try_recv() {
            Ok(first) => Some(self.group(first)),
            Err(TryRecvError::Empty) => Some(Group::new()),
            Err(TryRecvError::Disconnected) => None,
        }
    }

    /// The first request and those behind it, as far as they wait already.
    fn group(&mut self, first: Request) -> Group {
        let mut events = first.events.len();
        let mut group = vec![first];
        while events < GROUP_EVENTS
            && let Ok(request) = self.requests.try_recv()
        {
            events += request.events.len();
            group.push(request);
        }
        group
    }
}

/// Returns when the trail is to be closed, or nobody is left who could use it.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
