//! The waiting requests, taken in groups.

use contract::datastorage::NewEvent;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot, watch};

use super::{AppendError, AppendOutcome};

/// A group takes no further request once it has this many events, so that its
/// transaction stays short.
const GROUP_EVENTS: usize = 500;

/// Events of one client, to be appended all or none.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) events: Vec<NewEvent>,
    pub(super) answer: oneshot::Sender<Result<AppendOutcome, AppendError>>,
}

/// Requests that are handled together, in the order of their arrival.
pub(super) type Group = Vec<Request>;

/// The queue of waiting requests.
#[derive(Debug)]
pub(super) struct Inbox {
    requests: mpsc::Receiver<Request>,
    stop: watch::Receiver<bool>,
}

impl Request {
    /// Sends the answer. The client may have stopped waiting.
    pub(super) fn answer(self, answer: Result<AppendOutcome, AppendError>) {
        let _ = self.answer.send(answer);
    }
}

impl Inbox {
    pub(super) fn new(requests: mpsc::Receiver<Request>, stop: watch::Receiver<bool>) -> Self {
        Self { requests, stop }
    }

    /// Waits for a request and takes all requests behind it. `None` when the
    /// trail is closed and no request is left. Cancelling the wait loses no
    /// request.
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

    /// Takes the requests that wait now, possibly none. `None` when the trail
    /// is closed and no request is left.
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

    /// The first request and the requests that already wait behind it.
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

/// Returns when the trail is being closed, or when all its handles are dropped.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
