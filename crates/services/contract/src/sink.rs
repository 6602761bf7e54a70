//! Sink: a receiver of webhooks, for the suites.

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa::openapi::Schema;

use crate::{Endpoint, NoBody, NoQuery, schema};

/// A programmed answer, and how often it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProgrammedAnswer {
    /// The status.
    #[schema(minimum = 200, maximum = 599)]
    pub status: u16,
    /// Headers, except those of the message framing.
    #[serde(default)]
    #[schema(schema_with = headers)]
    pub headers: BTreeMap<String, String>,
    /// How many milliseconds to wait before the answer.
    #[serde(default)]
    #[schema(maximum = 20_000)]
    pub delay_ms: u64,
    /// The body; a receipt as JSON if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 65_536)]
    pub body: Option<String>,
    /// Only for requests with this text in their body; the others get the next answer
    /// that is for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000)]
    pub body_contains: Option<String>,
    /// For how many requests, one if it is left out.
    #[serde(default = "once")]
    #[schema(required = false, minimum = 1, maximum = 1000)]
    pub times: u32,
}

/// At most 1000 answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(max_items = 1000)]
pub struct Program(pub Vec<ProgrammedAnswer>);

/// One recorded request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordedRequest {
    /// Its number on this webhook, from 0.
    pub index: usize,
    /// When its body had arrived.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    /// The method.
    pub method: String,
    /// The whole path.
    pub path: String,
    /// The query as it was sent, without `?`.
    pub query: Option<String>,
    /// The headers, with lower-case names; a value that is not text is written
    /// as lossy UTF-8.
    pub headers: Vec<(String, String)>,
    /// The body, if it is text.
    pub body: Option<String>,
    /// The body in hexadecimal digits, if it is not text.
    pub body_hex: Option<String>,
    /// The status that it was answered with.
    pub status: u16,
}

/// The requests that a webhook has recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordedRequests {
    /// The recorded requests, oldest first.
    pub requests: Vec<RecordedRequest>,
    /// How many programmed responses are left.
    pub responses_left: usize,
}

/// Lists the recorded requests of a webhook.
#[derive(Clone, Copy, Debug)]
pub struct ListRequests;

impl Endpoint for ListRequests {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/hook/{name}/requests";
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = RecordedRequests;
}

/// Replaces the programmed answers of a webhook.
#[derive(Clone, Copy, Debug)]
pub struct ProgramAnswers;

impl Endpoint for ProgramAnswers {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/hook/{name}/responses";
    type Request = Program;
    type Query = NoQuery;
    type Answer = NoBody;
}

/// Deletes requests and answers of a webhook.
#[derive(Clone, Copy, Debug)]
pub struct ResetWebhook;

impl Endpoint for ResetWebhook {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/hook/{name}";
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = NoBody;
}

fn once() -> u32 {
    1
}

fn headers() -> Schema {
    schema::from_json(json!({
        "type": "object",
        "maxProperties": 50,
        "propertyNames": {
            "type": "string",
            "minLength": 1,
            "maxLength": 100,
            "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
            "x-message": "is not under a header's name",
        },
        "additionalProperties": {
            "type": "string",
            "maxLength": 1000,
            "pattern": r"^[\t -~]*$",
            "x-message": "is not a header's value",
        },
    }))
}
