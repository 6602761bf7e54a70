//! What was recorded, and what is answered next.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::response::Response;

/// How many requests one hook records before it refuses more.
pub(crate) const REQUESTS: usize = 10_000;

/// How many hooks there may be.
pub(crate) const HOOKS: usize = 10_000;

/// One recorded request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Recorded {
    /// Its number on this hook, from 0.
    pub(crate) index: usize,
    /// When its body had arrived.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) received_at: OffsetDateTime,
    /// The method.
    pub(crate) method: String,
    /// The whole path.
    pub(crate) path: String,
    /// The query as it was sent, without `?`.
    pub(crate) query: Option<String>,
    /// The headers, with lower-case names; a value that is not text is written
    /// as lossy UTF-8.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, if it is text.
    pub(crate) body: Option<String>,
    /// The body in hexadecimal digits, if it is not text.
    pub(crate) body_hex: Option<String>,
    /// The status that it was answered with.
    pub(crate) status: u16,
}

/// Why a request is not recorded.
#[derive(Debug)]
pub(crate) struct Full(pub(crate) String);

/// All hooks. Clones are handles to the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hooks(Arc<Mutex<HashMap<String, Hook>>>);

#[derive(Debug, Default)]
struct Hook {
    requests: Vec<Recorded>,
    responses: VecDeque<Response>,
}

impl Hooks {
    /// Records a request and returns its number and what to answer. `request`
    /// makes the record from its number and the answer's status.
    pub(crate) fn record(
        &self,
        name: &str,
        request: impl FnOnce(usize, u16) -> Recorded,
    ) -> Result<(usize, Response), Full> {
        self.with(name, |hook| {
            let index = hook.requests.len();
            if index >= REQUESTS {
                return Err(Full(format!(
                    "hook {name} has recorded {REQUESTS} requests, which is all that it holds"
                )));
            }
            let response = hook.next_response();
            hook.requests.push(request(index, response.status.as_u16()));
            Ok((index, response))
        })?
    }

    /// What was recorded, and how many programmed responses are left.
    pub(crate) fn requests(&self, name: &str) -> (Vec<Recorded>, usize) {
        let hooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hooks.get(name).map_or_else(Default::default, |hook| {
            let left = hook.responses.iter().map(|response| response.times).sum();
            (hook.requests.clone(), left)
        })
    }

    /// Replaces what is answered next.
    pub(crate) fn program(&self, name: &str, responses: Vec<Response>) -> Result<(), Full> {
        self.with(name, |hook| hook.responses = responses.into())
    }

    /// Forgets what was recorded and programmed.
    pub(crate) fn reset(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    fn with<T>(&self, name: &str, change: impl FnOnce(&mut Hook) -> T) -> Result<T, Full> {
        let mut hooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if hooks.len() >= HOOKS && !hooks.contains_key(name) {
            return Err(Full(format!("there are {HOOKS} hooks, which is all that there may be")));
        }
        Ok(change(hooks.entry(name.to_owned()).or_default()))
    }
}

impl Hook {
    fn next_response(&mut self) -> Response {
        let Some(next) = self.responses.front_mut() else {
            return Response::default();
        };
        next.times -= 1;
        let response = next.clone();
        if response.times == 0 {
            self.responses.pop_front();
        }
        response
    }
}
