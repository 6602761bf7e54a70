//! The typed calls: those of the trail here, those of the catalog in [`workflows`].

mod workflows;

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{ClientError, Problem};
use contract::datastorage::{BatchReceipt, Event, EventPage, EventQuery, NewEvent, Receipt};

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a whole call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long [`Client::is_live`] may take.
const LIVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The path of events.
const EVENTS: &str = "/api/v1/audit/events";

/// How many characters of an answer without a problem document go into an
/// error.
const EXCERPT: usize = 200;

/// Calls DataStorage at one address. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    root: Url,
}

impl Client {
    /// A client of the DataStorage at `base_url`, which has the form
    /// `http://host:port`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::BaseUrl`] if the address is not one of an HTTP server.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let refuse = |reason: String| ClientError::BaseUrl { reason };
        let root = Url::parse(base_url).map_err(|error| refuse(error.to_string()))?;
        if root.scheme() != "http" || root.host_str().is_none() {
            return Err(refuse("it does not start with http://<host>".to_owned()));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            // DataStorage is on the same network, so proxies of the environment
            // do not apply.
            .no_proxy()
            .build()
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self { http, root })
    }

    /// Sends one event; the [`Receipt`] says where it is stored. Sending the
    /// same event again changes nothing.
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Refused`] lists every violation.
    pub async fn create(&self, event: &NewEvent) -> Result<Receipt, ClientError> {
        self.post(self.at(EVENTS), encode(event)?).await
    }

    /// Sends 1 to 1000 events, stored all or none.
    ///
    /// # Errors
    /// See [`ClientError`]; every violation names its position in the batch.
    pub async fn create_batch(&self, events: &[NewEvent]) -> Result<BatchReceipt, ClientError> {
        self.post_batch(encode(&events)?).await
    }

    /// One page of the trail, newest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn query(&self, query: &EventQuery) -> Result<EventPage, ClientError> {
        self.send(Method::GET, self.list(EVENTS, query), None).await
    }

    /// One event, or `None` if there is none with this id.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn get(&self, event_id: Uuid) -> Result<Option<Event>, ClientError> {
        unless_missing(self.send(Method::GET, self.at(format!("{EVENTS}/{event_id}")), None).await)
    }

    /// Whether DataStorage answers at the moment, for `/health/ready` of
    /// services that need it. Makes one attempt of at most a second.
    pub async fn is_live(&self) -> bool {
        let call = self.http.get(self.at("/health/live")).timeout(LIVE_TIMEOUT).send().await;
        call.is_ok_and(|answer| answer.status().is_success())
    }

    /// Sends a batch that is already JSON: an array of events.
    pub(crate) async fn post_batch(&self, body: String) -> Result<BatchReceipt, ClientError> {
        self.post(self.at(format!("{EVENTS}/batch")), body).await
    }

    async fn post<T: DeserializeOwned>(&self, url: Url, body: String) -> Result<T, ClientError> {
        self.send(Method::POST, url, Some(body)).await
    }

    /// The URL of a path. The base URL may have a path of its own.
    fn at(&self, path: impl AsRef<str>) -> Url {
        let mut url = self.root.clone();
        url.set_path(&format!("{}{}", self.root.path().trim_end_matches('/'), path.as_ref()));
        url
    }

    /// The URL of a path with a query, which is escaped here.
    fn list(&self, path: &str, query: &impl Serialize) -> Url {
        let url = self.at(path);
        let request = self.http.get(url.clone()).query(query).build();
        request.map_or(url, |request| request.url().clone())
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
    ) -> Result<T, ClientError> {
        let request = format!("{method} {url}");
        let mut call = self.http.request(method, url);
        if let Some(body) = body {
            call = call.header(CONTENT_TYPE, "application/json").body(body);
        }
        let lost = |source| ClientError::Unreachable { request: request.clone(), source };
        let answer = call.send().await.map_err(lost)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(lost)?;
        if !status.is_success() {
            return Err(refused(request, status, &bytes));
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| ClientError::Unreadable { request, reason: error.to_string() })
    }
}

/// Turns a 404 into `None`.
fn unless_missing<T>(answer: Result<T, ClientError>) -> Result<Option<T>, ClientError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(ClientError::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn encode(body: &impl Serialize) -> Result<String, ClientError> {
    serde_json::to_string(body)
        .map_err(|error| ClientError::Unwritable { reason: error.to_string() })
}

/// Reads the problem document, or quotes an answer without one.
fn refused(request: String, status: StatusCode, bytes: &[u8]) -> ClientError {
    let problem = serde_json::from_slice(bytes).unwrap_or_else(|_| {
        let detail = String::from_utf8_lossy(bytes).chars().take(EXCERPT).collect();
        Problem { detail, ..Problem::default() }
    });
    ClientError::Refused { request, status: status.as_u16(), problem: Box::new(problem) }
}
