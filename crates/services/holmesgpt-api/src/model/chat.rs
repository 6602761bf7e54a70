//! A model behind the chat completions of OpenAI, which many servers have.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use kit::peer::{innermost, retry_after};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::{Model, ModelError, Proposal, Question, Reply};

/// How much of an answer is read.
const MAX_ANSWER: usize = 1 << 20;

/// What the model is told. All that comes from alerts is in the message after it.
const INSTRUCTIONS: &str = include_str!("instructions.md");

/// A model behind `POST /chat/completions`.
#[derive(Debug)]
pub struct ChatCompletions {
    http: reqwest::Client,
    url: Url,
    name: String,
    authorization: Option<HeaderValue>,
}

/// The parts of an answer that are read.
#[derive(Debug, Deserialize)]
struct Completion {
    choices: Vec<Candidate>,
}

#[derive(Debug, Deserialize)]
struct Candidate {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<IgnoredAny>>,
}

impl ChatCompletions {
    /// The model of this name at `url`, which has the form `http://host:port/v1`.
    ///
    /// # Errors
    ///
    /// When the address or the key cannot be used; the error shows neither.
    pub fn new(
        url: &str,
        name: &str,
        key: Option<SecretString>,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        let hint = "cannot use LLM_URL\nhint: it has the form http://<host>:<port>/v1";
        let mut url = Url::parse(url).context(hint)?;
        ensure!(url.scheme() == "http" && url.host_str().is_some(), hint);
        url.set_path(&format!("{}/chat/completions", url.path().trim_end_matches('/')));
        let authorization = key.map(|key| {
            let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret()))?;
            value.set_sensitive(true);
            anyhow::Ok(value)
        });
        let http = reqwest::Client::builder()
            .timeout(timeout)
            // It is configured by address, as the services are.
            .no_proxy()
            // A key is for one address.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let authorization = authorization.transpose().ok().context("cannot use LLM_API_KEY")?;
        Ok(Self { http, url, name: name.to_owned(), authorization })
    }

    async fn call(&self, question: &Question<'_>) -> Result<Proposal, ModelError> {
        let data = serde_json::to_string(question).map_err(|error| invalid(error.to_string()))?;
        let body = json!({
            "model": self.name,
            "messages": [
                { "role": "system", "content": INSTRUCTIONS },
                { "role": "user", "content": data },
            ],
            "response_format": { "type": "json_object" },
            "temperature": 0,
        });
        let mut request = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = request.body(body.to_string()).send().await.map_err(unavailable)?;
        let status = answer.status();
        if !status.is_success() {
            return Err(refused(status, &answer));
        }
        completion(&read(answer).await?)
    }
}

impl Model for ChatCompletions {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask<'a>(&'a self, question: &'a Question<'a>) -> Reply<'a> {
        Box::pin(self.call(question))
    }
}

/// The whole answer, unless it is too long.
async fn read(mut answer: Response) -> Result<Vec<u8>, ModelError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unavailable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER {
            return Err(invalid(format!("the answer has more than {MAX_ANSWER} bytes")));
        }
    }
    Ok(bytes)
}

/// The proposal in an answer.
fn completion(bytes: &[u8]) -> Result<Proposal, ModelError> {
    // Serde's error may quote the answer, in which there may be anything.
    let completion: Completion =
        serde_json::from_slice(bytes).map_err(|_| invalid("the answer is no chat completion"))?;
    let Some(Candidate { message, finish_reason }) = completion.choices.into_iter().next() else {
        return Err(invalid("the answer has no choices"));
    };
    if message.tool_calls.is_some_and(|calls| !calls.is_empty()) {
        return Err(invalid("the model calls a tool, of which there is none"));
    }
    match finish_reason.as_deref() {
        None | Some("stop") => {}
        Some("length") => return Err(invalid("the answer was cut off")),
        Some(_) => return Err(invalid("the model did not finish its answer")),
    }
    let text = message.content.ok_or_else(|| invalid("the answer has no text"))?;
    Proposal::read(&text).map_err(ModelError::Invalid)
}

fn invalid(reason: impl Into<String>) -> ModelError {
    ModelError::Invalid(vec![reason.into()])
}

/// There was no answer, or not all of it.
fn unavailable(error: reqwest::Error) -> ModelError {
    let what = if error.is_timeout() {
        "did not answer in time (LLM_TIMEOUT)"
    } else if error.is_connect() {
        "cannot be reached (LLM_URL)"
    } else {
        "broke off its answer"
    };
    tracing::warn!(cause = %innermost(&error.without_url()), "no answer of the model");
    ModelError::Unavailable { reason: format!("the model {what}"), retry_after: None }
}

/// What a status says. The body may repeat the key, and is not shown.
fn refused(status: StatusCode, answer: &Response) -> ModelError {
    let reason = format!("the model answered {}", status.as_u16());
    let variables = match status.as_u16() {
        408 | 429 | 500.. => {
            return ModelError::Unavailable { reason, retry_after: retry_after(answer.headers()) };
        }
        401 | 403 => "LLM_API_KEY",
        _ => "LLM_URL, LLM_MODEL",
    };
    ModelError::Refused(format!("{reason} ({variables})"))
}
