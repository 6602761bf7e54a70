//! Requests, with failures that show request and answer.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use ureq::http::{HeaderMap, Request, Response};

/// How long a request may take: a little longer than the services' own limit.
const TIMEOUT: Duration = Duration::from_secs(35);

/// How much of a body goes into an error.
const EXCERPT: usize = 2000;

/// A service, to send requests to. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: String,
    agent: ureq::Agent,
}

/// What a service answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Method and address of the request.
    pub request: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Endpoint {
    /// The service at `base`, which has the form `http://host:port`.
    pub fn new(base: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            // An error status is an answer too, which the test checks.
            .http_status_as_error(false)
            // Services are local, so proxies of the environment do not apply.
            .proxy(None)
            .build()
            .new_agent();
        Self { base: base.to_owned(), agent }
    }

    /// The address of the service.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends a GET.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, None)
    }

    /// Sends a DELETE.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn delete(&self, path: &str) -> Result<Answer> {
        self.send("DELETE", path, None)
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.json("POST", path, body)
    }

    /// Puts JSON.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.json("PUT", path, body)
    }

    /// Sends JSON with any method.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn json(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        self.send(method, path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// Sends a GET with a header, a pair of name and value.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn get_with(&self, path: &str, header: (&str, &str)) -> Result<Answer> {
        self.send_with("GET", path, &[header], None)
    }

    /// Sends any method and any body, a pair of media type and bytes.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer> {
        self.send_with(method, path, &[], body)
    }

    /// Like [`send`](Self::send), with headers, pairs of name and value.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer> {
        let url = format!("{}{path}", self.base);
        let line = format!("{method} {url}");
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some((media_type, bytes)) => {
                let request = request.header("content-type", media_type).body(bytes);
                self.agent.run(request.with_context(|| format!("cannot build {line}"))?)
            }
            None => {
                self.agent.run(request.body(()).with_context(|| format!("cannot build {line}"))?)
            }
        };
        Answer::read(line.clone(), response.with_context(|| format!("no answer to {line}"))?)
    }
}

impl Answer {
    fn read(request: String, mut response: Response<ureq::Body>) -> Result<Self> {
        let body = response
            .body_mut()
            .read_to_string()
            .with_context(|| format!("cannot read the answer to {request}"))?;
        let status = response.status().as_u16();
        Ok(Self { request, status, headers: response.headers().clone(), body })
    }

    /// The answer, if it has this status.
    ///
    /// # Errors
    /// When it has another one; the error shows the body.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        bail!(
            "{} was answered with {}, not {status}: {}",
            self.request,
            self.status,
            self.excerpt()
        )
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is something else.
    pub fn value(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| {
            format!("the answer to {} is not JSON: {}", self.request, self.excerpt())
        })
    }

    /// A header's text, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as a problem document with this status and slug.
    ///
    /// # Errors
    /// When it is another answer or the document is incomplete.
    pub fn problem(&self, status: u16, slug: &str) -> Result<Value> {
        let answer = self.clone().expect(status)?;
        let problem = answer.value()?;
        let complete = answer.header("content-type") == "application/problem+json"
            && problem["type"] == format!("urn:problem:{slug}")
            && problem["status"] == status
            && problem["request_id"] == answer.header("x-request-id")
            && ["title", "detail", "instance", "request_id"]
                .iter()
                .all(|field| problem[field].as_str().is_some_and(|text| !text.is_empty()));
        if !complete {
            bail!(
                "{} was not answered with a whole problem document {slug}: {:?} {problem:#}",
                self.request,
                answer.headers
            );
        }
        Ok(problem)
    }

    /// The fields of all violations in a problem document, sorted.
    ///
    /// # Errors
    /// When it is not a validation error.
    pub fn violations(&self) -> Result<Vec<String>> {
        let problem = self.problem(400, "validation-error")?;
        let errors = problem["errors"].as_array().context("no errors in the problem document")?;
        let mut fields = Vec::new();
        for error in errors {
            let field = error["field"].as_str().context("a violation without a field")?;
            let message = error["message"].as_str().context("a violation without a message")?;
            anyhow::ensure!(!message.is_empty(), "the violation of {field} has no message");
            fields.push(field.to_owned());
        }
        fields.sort();
        Ok(fields)
    }

    fn excerpt(&self) -> String {
        self.body.chars().take(EXCERPT).collect()
    }
}
