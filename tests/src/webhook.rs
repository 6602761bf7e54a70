//! The receiver of webhooks, which is a `/hook/<name>` of the sink.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{Endpoint, Run, unique};

/// A receiver of webhooks: it records requests and sends programmed answers.
#[derive(Clone, Debug)]
pub struct Webhook {
    sink: Endpoint,
    /// Where services of the run reach the sink.
    internal_url: String,
    name: String,
}

impl Webhook {
    /// A new webhook of the run's sink, which no other test uses. Its name
    /// begins with `prefix`.
    ///
    /// # Errors
    /// When the run has no sink.
    pub fn new(run: &Run, prefix: &str) -> Result<Self> {
        Self::shared(run, &unique(prefix))
    }

    /// A webhook that the suite's metadata names. Other tests use it too.
    ///
    /// # Errors
    /// When the run has no sink.
    pub fn shared(run: &Run, name: &str) -> Result<Self> {
        let internal_url = run.internal_url("sink")?;
        Ok(Self { sink: run.service("sink")?, internal_url, name: name.to_owned() })
    }

    /// The URL of the webhook, for services of the run.
    pub fn url(&self) -> String {
        format!("{}/hook/{}", self.internal_url, self.name)
    }

    /// Programs the next answers, a list of `status`, `headers`, `delay_ms`,
    /// `body` and `times`. After them the webhook answers 200.
    ///
    /// # Errors
    /// When the sink refuses.
    pub fn answer_with(&self, responses: &Value) -> Result<()> {
        let path = format!("/hook/{}/responses", self.name);
        self.sink.put(&path, responses)?.expect(204)?;
        Ok(())
    }

    /// The recorded requests, oldest first: `received_at`, `method`, `path`,
    /// `headers`, `body` and `status`.
    ///
    /// # Errors
    /// When the sink does not answer with a list.
    pub fn requests(&self) -> Result<Vec<Value>> {
        let path = format!("/hook/{}/requests", self.name);
        let list = self.sink.get(&path)?.expect(200)?.value()?;
        let requests = list["requests"].as_array().cloned();
        requests.with_context(|| format!("no list of requests: {list}"))
    }

    /// The recorded requests, if there are exactly `count`.
    ///
    /// # Errors
    /// When there are more or fewer; the error shows them.
    pub fn exactly(&self, count: usize) -> Result<Vec<Value>> {
        self.exactly_with("", count)
    }

    /// Like [`exactly`](Self::exactly), for the requests with this text in
    /// their body, to select those of one test on a shared webhook.
    ///
    /// # Errors
    /// When there are more or fewer; the error shows them.
    pub fn exactly_with(&self, text: &str, count: usize) -> Result<Vec<Value>> {
        let mut requests = self.requests()?;
        requests.retain(|request| request["body"].as_str().unwrap_or_default().contains(text));
        ensure!(
            requests.len() == count,
            "{} has {} requests, not {count}: {requests:#?}",
            self.name,
            requests.len()
        );
        Ok(requests)
    }
}

/// A header of a recorded request, empty if it is not there.
pub fn header<'a>(request: &'a Value, name: &str) -> &'a str {
    let headers = request["headers"].as_array().map(Vec::as_slice);
    headers
        .unwrap_or_default()
        .iter()
        .find(|pair| pair[0] == name)
        .and_then(|pair| pair[1].as_str())
        .unwrap_or_default()
}

/// The JSON body of a recorded request.
///
/// # Errors
/// When it is something else.
pub fn body(request: &Value) -> Result<Value> {
    let text = request["body"].as_str().context("the body is not text")?;
    serde_json::from_str(text).with_context(|| format!("the body is not JSON: {text}"))
}
