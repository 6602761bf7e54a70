//! The request of a step.

use std::time::Duration;

use anyhow::Context as _;
use contract::duration;
use contract::workflowexecution::{FailureReason, HttpMethod};
use kit::peer::innermost;
use reqwest::redirect::Policy;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

/// How many bytes of an answer are read, and how many characters of them an error
/// shows.
const EXCERPT: usize = 200;

/// A client for targets of steps. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(reqwest::Client);

/// A request to make.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: HttpMethod,
    /// The address.
    pub url: &'a str,
    /// The status that it must be answered with, any from 200 to 299 if there is none.
    pub expect: Option<u16>,
    /// The body.
    pub body: Option<&'a Value>,
    /// By what the other side knows a request that is sent again.
    pub key: &'a str,
    /// How long it may take.
    pub timeout: Duration,
}

/// What a request came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The status that it was answered with.
    pub http_status: Option<u16>,
    /// Why it is not what was expected.
    pub failure: Option<(FailureReason, String)>,
}

impl Client {
    /// A client that follows no redirect: a step says where it goes.
    ///
    /// # Errors
    ///
    /// When there is no client.
    pub fn new() -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy();
        Ok(Self(client.build().context("cannot make an HTTP client")?))
    }

    /// Makes a request.
    pub async fn send(&self, request: Request<'_>) -> Outcome {
        let method = match request.method {
            HttpMethod::Get => Method::GET,
            HttpMethod::Post => Method::POST,
            HttpMethod::Put => Method::PUT,
            HttpMethod::Patch => Method::PATCH,
            HttpMethod::Delete => Method::DELETE,
        };
        let mut call = self.0.request(method, request.url).timeout(request.timeout);
        call = call.header("idempotency-key", request.key);
        if let Some(body) = request.body {
            call = call.json(body);
        }
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_timeout() => {
                let message = format!("no answer within {}", duration::format(request.timeout));
                let failure = Some((FailureReason::DeadlineExceeded, message));
                return Outcome { failure, ..Outcome::default() };
            }
            Err(error) => {
                let message = format!("no answer: {}", innermost(&error));
                let failure = Some((FailureReason::TaskFailed, message));
                return Outcome { failure, ..Outcome::default() };
            }
        };
        let status = answer.status();
        let is_expected = match request.expect {
            Some(expected) => status.as_u16() == expected,
            None => status.is_success(),
        };
        let failure = if is_expected {
            None
        } else {
            Some((reason(status), format!("answered with {status}{}", excerpt(answer).await)))
        };
        Outcome { http_status: Some(status.as_u16()), failure }
    }
}

fn reason(status: StatusCode) -> FailureReason {
    match status.as_u16() {
        401 | 403 => FailureReason::Forbidden,
        429 | 507 => FailureReason::ResourceExhausted,
        _ => FailureReason::TaskFailed,
    }
}

/// The beginning of an answer; what cannot be read of it is left out.
async fn excerpt(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= EXCERPT {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let text: String = text.chars().filter(|char| !char.is_control()).take(EXCERPT).collect();
    if text.is_empty() { text } else { format!(": {text}") }
}
