//! Calls between services.
//!
//! A [`Peer`] is another service. A call is typed by its [`Endpoint`], so that
//! both sides change together. It carries the id of the request that it is part
//! of.

mod error;
#[cfg(test)]
mod tests;

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use contract::Endpoint;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};

use crate::edge::{REQUEST_ID, RequestId};

pub use error::{PeerError, innermost, retry_after};

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long one attempt may take; see [`Call::within`].
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection waits for its next call: less than the 30 s after which
/// a service closes one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// How long [`Peer::is_live`] may take.
const LIVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The first and the longest wait between two attempts of a call.
const WAITS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// What a segment of a path keeps as it is: the unreserved characters of
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Another service at one address. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Peer {
    name: &'static str,
    http: reqwest::Client,
    root: Url,
}

/// A call that is being put together.
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Call<'a, E: Endpoint> {
    peer: &'a Peer,
    path: &'a [&'a str],
    query: Option<&'a E::Query>,
    body: Option<&'a E::Request>,
    timeout: Duration,
    budget: Duration,
}

impl Peer {
    /// The service `name` at `base_url`, which has the form
    /// `http://host:port`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`PeerError::BaseUrl`] if the address is not one of an HTTP server.
    pub fn new(name: &'static str, base_url: &str) -> Result<Self, PeerError> {
        let refuse = |reason: String| PeerError::BaseUrl { name, reason };
        let root = Url::parse(base_url).map_err(|error| refuse(error.to_string()))?;
        if root.scheme() != "http" || root.host_str().is_none() {
            return Err(refuse("it does not start with http://<host>".to_owned()));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // Services are on one network, so proxies of the environment do not
            // apply.
            .no_proxy()
            // It would make a GET of a POST, and no service answers so.
            .redirect(Policy::none())
            .build()
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self { name, http, root })
    }

    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// A call of one of its endpoints.
    pub fn call<E: Endpoint>(&self) -> Call<'_, E> {
        Call {
            peer: self,
            path: &[],
            query: None,
            body: None,
            timeout: CALL_TIMEOUT,
            budget: Duration::ZERO,
        }
    }

    /// Whether it answers at the moment, for `/health/ready` of services that
    /// need it. Makes one attempt of at most a second.
    pub async fn is_live(&self) -> bool {
        let call = self.http.get(self.at("/health/live")).timeout(LIVE_TIMEOUT).send().await;
        call.is_ok_and(|answer| answer.status().is_success())
    }

    /// The URL of a path. The base URL may have a path of its own.
    fn at(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        url.set_path(&format!("{}{path}", self.root.path().trim_end_matches('/')));
        url
    }
}

impl<'a, E: Endpoint> Call<'a, E> {
    /// The values of the path's parameters, in their order.
    pub fn path(mut self, values: &'a [&'a str]) -> Self {
        self.path = values;
        self
    }

    /// The query.
    pub fn query(mut self, query: &'a E::Query) -> Self {
        self.query = Some(query);
        self
    }

    /// The body.
    pub fn body(mut self, body: &'a E::Request) -> Self {
        self.body = Some(body);
        self
    }

    /// How long one attempt may take, 10 s without it.
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Repeats the call after a failure that may pass, with growing waits, as
    /// long as the waits are within this budget. Only for calls that may be
    /// repeated.
    pub fn retry_within(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Sends it, and reads the answer.
    ///
    /// # Errors
    /// See [`PeerError`].
    pub async fn send(self) -> Result<E::Answer, PeerError> {
        self.send_for_status().await.map(|(_, answer)| answer)
    }

    /// Like [`send`](Self::send), for calls whose answers differ in their status too.
    ///
    /// # Errors
    /// See [`PeerError`].
    pub async fn send_for_status(self) -> Result<(StatusCode, E::Answer), PeerError> {
        if self.budget.is_zero() {
            return self.attempt().await;
        }
        let waits = ExponentialBuilder::default()
            .with_min_delay(WAITS[0])
            .with_max_delay(WAITS[1])
            .with_jitter()
            .without_max_times();
        let mut budget = self.budget;
        (|| self.attempt())
            .retry(waits)
            .when(PeerError::may_pass)
            .adjust(|error, wait| {
                let wait = wait?.max(error.retry_after().unwrap_or_default());
                budget = budget.checked_sub(wait)?;
                Some(wait)
            })
            .notify(|error, wait| tracing::info!(%error, ?wait, "calling again"))
            .await
    }

    async fn attempt(&self) -> Result<(StatusCode, E::Answer), PeerError> {
        let mut segments = self.path.iter();
        let path = fill(E::PATH, || segments.next().copied().unwrap_or_default());
        debug_assert!(segments.next().is_none(), "{} has fewer parameters", E::PATH);
        let name = self.peer.name;
        let request = || format!("{} {path}", E::METHOD);

        let mut call = self.peer.http.request(E::METHOD, self.peer.at(&path));
        call = call.timeout(self.timeout).header(REQUEST_ID, RequestId::current().as_str());
        if let Some(query) = self.query {
            call = call.query(query);
        }
        if let Some(body) = self.body {
            let body = serde_json::to_vec(body)
                .map_err(|error| PeerError::Unwritable { request: request(), source: error })?;
            call = call.header(CONTENT_TYPE, "application/json").body(body);
        }
        let lost = |source: reqwest::Error| PeerError::Unreachable {
            name,
            request: request(),
            source: source.without_url(),
        };
        let answer = call.send().await.map_err(lost)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.bytes().await.map_err(lost)?;
        if !status.is_success() {
            return Err(PeerError::refused(name, request(), status, &headers, &bytes));
        }
        // An answer without a body reads like one of nothing.
        let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        let answer = serde_json::from_slice(text).map_err(|source| PeerError::Unreadable {
            name,
            request: request(),
            source,
        })?;
        Ok((status, answer))
    }
}

/// Fills the parameters of a path template: `/events/{id}`.
fn fill<'a>(template: &str, mut next: impl FnMut() -> &'a str) -> String {
    let segments = template.split('/').map(|segment| {
        if segment.starts_with('{') {
            utf8_percent_encode(next(), SEGMENT).to_string()
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}
