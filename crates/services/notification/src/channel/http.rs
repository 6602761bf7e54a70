//! HTTP and HTTPS to external receivers.
//!
//! This uses hyper's client, not reqwest's. Cargo would unify reqwest's TLS
//! features over the workspace, and then every client of every service would
//! load the system's CA certificates at its creation. Here they are loaded for
//! the first `https` receiver.

use std::error::Error;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use url::Url;

use super::one_line;
use crate::scrub;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is kept. Receivers close idle connections after
/// a few seconds, and a request on a closed one would fail.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of an answer is read.
const ANSWER_LIMIT: usize = 64 * 1024;

/// How many characters of an answer an error shows.
const EXCERPT: usize = 200;

/// The `User-Agent` header.
const USER_AGENT: &str = concat!("onetag-notification/", env!("CARGO_PKG_VERSION"));

/// A client for external receivers.
#[derive(Debug)]
pub(super) struct Http {
    plain: Client<HttpConnector, Full<Bytes>>,
    secure: OnceLock<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>,
}

/// What a receiver answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// From `Retry-After`.
    pub(super) retry_after: Option<Duration>,
    /// The first characters of the body without its secrets, for errors.
    pub(super) excerpt: String,
}

/// Why there is no answer.
#[derive(Debug, PartialEq)]
pub(super) enum HttpError {
    /// A permanent failure: another attempt would fail too.
    Refused(String),
    /// A temporary failure: another attempt may succeed.
    Network(String),
}

impl Http {
    pub(super) fn new() -> Self {
        Self { plain: client(connector()), secure: OnceLock::new() }
    }

    /// A client that trusts these certificates instead of the system's.
    #[cfg(test)]
    pub(super) fn trusting(config: ClientConfig) -> Self {
        Self { plain: client(connector()), secure: OnceLock::from(secure_client(config)) }
    }

    pub(super) async fn post(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, HttpError> {
        let request = request(url, headers, body)?;
        let answer = if url.scheme() == "https" {
            self.secure()?.request(request).await
        } else {
            self.plain.request(request).await
        };
        let answer = answer.map_err(|error| failed(&error))?;
        let (parts, body) = answer.into_parts();
        // Read the body so that the connection can be reused. If the receiver
        // disconnects after its status, the status still counts.
        let body = Limited::new(body, ANSWER_LIMIT).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        let excerpt = excerpt(&String::from_utf8_lossy(&body));
        let retry_after = retry_after(&parts.headers, SystemTime::now());
        Ok(Answer { status: parts.status, retry_after, excerpt })
    }

    fn secure(&self) -> Result<&Client<HttpsConnector<HttpConnector>, Full<Bytes>>, HttpError> {
        if self.secure.get().is_none() {
            let config = system_trust()?;
            // If two tasks get here at once, both have loaded the same
            // certificates.
            let _ = self.secure.set(secure_client(config));
        }
        self.secure
            .get()
            .ok_or_else(|| HttpError::Network("the TLS client is not there".to_owned()))
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector
}

fn client<C>(connector: C) -> Client<C, Full<Bytes>>
where
    C: hyper_util::client::legacy::connect::Connect + Clone,
{
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(connector)
}

fn secure_client(config: ClientConfig) -> Client<HttpsConnector<HttpConnector>, Full<Bytes>> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_only()
        .enable_http1()
        .wrap_connector(connector());
    client(connector)
}

/// TLS with the system's CA certificates.
fn system_trust() -> Result<ClientConfig, HttpError> {
    use hyper_rustls::ConfigBuilderExt as _;

    let cannot = |error: &dyn Error| HttpError::Network(format!("cannot speak TLS: {error}"));
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot(&error))?
        .with_native_roots()
        .map_err(|error| cannot(&error))?;
    Ok(config.with_no_client_auth())
}

fn request(
    url: &Url,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, HttpError> {
    let mut bare = url.clone();
    bare.set_fragment(None);
    // Both calls fail only for URLs that cannot have user information.
    let _ = bare.set_password(None);
    let _ = bare.set_username("");
    let mut request = Request::post(bare.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, USER_AGENT);
    if let Some(credentials) = basic(url) {
        request = request.header(header::AUTHORIZATION, credentials);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .body(Full::from(body))
        .map_err(|error| HttpError::Refused(format!("no request can be made of it: {error}")))
}

/// User and password of the URL as basic authentication (RFC 7617).
fn basic(url: &Url) -> Option<String> {
    let password = url.password().unwrap_or_default();
    if url.username().is_empty() && password.is_empty() {
        return None;
    }
    let [user, password] = [url.username(), password]
        .map(|text| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>());
    let pair = [user, b":".to_vec(), password].concat();
    Some(format!("Basic {}", STANDARD.encode(pair)))
}

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Scrubs the body, then cuts it: a cut secret might not be recognised any
/// more.
fn excerpt(body: &str) -> String {
    scrub::text(&one_line(body.trim())).chars().take(EXCERPT).collect()
}

/// An untrusted certificate is a permanent failure; all other failures of the
/// network are temporary.
fn failed(error: &(dyn Error + 'static)) -> HttpError {
    let mut untrusted = false;
    let mut text = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        untrusted |= is_untrusted(error);
        text.push(error.to_string());
        cause = error.source();
    }
    let text = text.join(": ");
    if untrusted { HttpError::Refused(text) } else { HttpError::Network(text) }
}

/// `source` of an I/O error skips the error inside it, so this looks at both.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match inner {
        Some(inner) => is_untrusted(inner),
        None => matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))),
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
