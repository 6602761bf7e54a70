//! The webhooks: recorded requests and programmed responses.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use contract::sink::RecordedRequest;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::response::Response;

/// How many requests one webhook records before it refuses more.
pub(crate) const MAX_REQUESTS: usize = 10_000;

/// How many webhooks there may be.
pub(crate) const MAX_WEBHOOKS: usize = 10_000;

/// Why a request is not recorded.
#[derive(Debug)]
pub(crate) struct LimitReached(pub(crate) String);

/// All webhooks. Clones are handles to the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Webhooks(Arc<Mutex<HashMap<String, Webhook>>>);

#[derive(Debug, Default)]
struct Webhook {
    requests: Vec<RecordedRequest>,
    responses: VecDeque<Response>,
    /// Tells answers that are delayed that others are programmed now.
    programmed: watch::Sender<()>,
}

/// A request that was recorded, and what is to be answered.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) index: usize,
    pub(crate) response: Response,
    programmed: watch::Receiver<()>,
}

impl Recorded {
    /// Keeps the delay of the response, unless the hook is programmed anew or forgotten
    /// meanwhile: whoever waits for something else first ends the delay that way.
    pub(crate) async fn delay(&mut self) {
        let _ = timeout(self.response.delay, self.programmed.changed()).await;
    }
}

impl Webhooks {
    /// Records a request with this body and returns what is to be answered.
    /// `request` builds the record from the number and the response's status.
    pub(crate) fn record(
        &self,
        name: &str,
        body: &[u8],
        request: impl FnOnce(usize, u16) -> RecordedRequest,
    ) -> Result<Recorded, LimitReached> {
        self.with(name, |webhook| {
            let index = webhook.requests.len();
            if index >= MAX_REQUESTS {
                return Err(LimitReached(format!(
                    "hook {name} has recorded {MAX_REQUESTS} requests, which is all that it holds"
                )));
            }
            let response = webhook.next_response(body);
            webhook.requests.push(request(index, response.status.as_u16()));
            Ok(Recorded { index, response, programmed: webhook.programmed.subscribe() })
        })?
    }

    /// The recorded requests, and how many programmed responses are left.
    pub(crate) fn requests(&self, name: &str) -> (Vec<RecordedRequest>, usize) {
        let webhooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        webhooks.get(name).map_or_else(Default::default, |webhook| {
            let left = webhook.responses.iter().map(|response| response.times as usize).sum();
            (webhook.requests.clone(), left)
        })
    }

    /// Replaces the programmed responses.
    pub(crate) fn program(&self, name: &str, responses: Vec<Response>) -> Result<(), LimitReached> {
        self.with(name, |webhook| {
            webhook.responses = responses.into();
            webhook.programmed.send_replace(());
        })
    }

    /// Deletes the recorded requests and the programmed responses.
    pub(crate) fn reset(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    fn with<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Webhook) -> T,
    ) -> Result<T, LimitReached> {
        let mut webhooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if webhooks.len() >= MAX_WEBHOOKS && !webhooks.contains_key(name) {
            return Err(LimitReached(format!(
                "there are {MAX_WEBHOOKS} hooks, which is all that there may be"
            )));
        }
        Ok(change(webhooks.entry(name.to_owned()).or_default()))
    }
}

impl Webhook {
    /// The next response that is for a request with this body.
    fn next_response(&mut self, body: &[u8]) -> Response {
        let body = String::from_utf8_lossy(body);
        let is_for_it = |response: &Response| {
            response.body_contains.as_ref().is_none_or(|text| body.contains(text))
        };
        let Some(index) = self.responses.iter().position(is_for_it) else {
            return Response::default();
        };
        let next = &mut self.responses[index];
        next.times -= 1;
        let response = next.clone();
        if response.times == 0 {
            self.responses.remove(index);
        }
        response
    }
}
