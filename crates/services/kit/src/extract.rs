//! Extractors that refuse with problem documents.

use anyhow::Context as _;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::check::Operations;
use crate::problem::{Problem, ProblemKind, Violation};

/// A JSON body, validated with the schema that the document has for the operation. As a
/// response, any
/// serialisable value as JSON.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// The query, validated like a body; a key given twice is a violation.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

/// Parameters of the path.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

/// The body's bytes.
#[derive(Clone, Debug)]
pub struct Body(pub Bytes);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                ProblemKind::UnsupportedMediaType,
                "the body must be sent as content-type: application/json",
            ));
        }
        let (parts, body) = request.into_parts();
        let operations = operations(&parts)?;
        let schema = operations.find(&parts).and_then(|operation| operation.body.as_ref());
        let schema = schema.with_context(|| undocumented("body", &parts))?;
        let Body(bytes) = Body::from_request(Request::from_parts(parts, body), state).await?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| at_root(format!("is not JSON: {error}")))?;
        schema.read(value).map(Self).map_err(Problem::validation)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let operations = operations(parts)?;
        let operation = operations.find(parts).with_context(|| undocumented("query", parts))?;
        let axum::extract::Query(pairs) =
            axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(
                |error| at_root(format!("has a malformed query: {}", error.body_text())),
            )?;
        let mut fields = Map::new();
        let mut twice = Vec::new();
        for (name, value) in pairs {
            if fields.insert(name.clone(), Value::from(value)).is_some() {
                twice.push(Violation { field: name, message: "is given more than once".into() });
            }
        }
        let read = operation.query.read_text(Value::Object(fields));
        match read {
            Ok(read) if twice.is_empty() => Ok(Self(read)),
            read => {
                twice.extend(read.err().unwrap_or_default());
                Err(Problem::validation(twice))
            }
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(read)| Self(read))
            .map_err(|error| {
                Problem::validation(vec![Violation {
                    field: "path".into(),
                    message: format!("is not valid: {}", error.body_text()),
                }])
            })
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(BytesRejection::FailedToBufferBody(error))
                if error.status() == ProblemKind::PayloadTooLarge.status() =>
            {
                Err(Problem::new(
                    ProblemKind::PayloadTooLarge,
                    "the body is larger than this path accepts",
                ))
            }
            // The client disconnected or sent an invalid transfer coding.
            Err(error) => Err(at_root(format!("could not be read: {}", error.body_text()))),
        }
    }
}

/// The schemas of all operations, which [`router`](fn@crate::router) provides.
fn operations(parts: &Parts) -> anyhow::Result<Operations> {
    parts.extensions.get::<Operations>().cloned().context("the router is not kit's")
}

fn undocumented(what: &str, parts: &Parts) -> String {
    format!("the document has no {what} of {} {}", parts.method, parts.uri.path())
}

fn at_root(message: String) -> Problem {
    Problem::validation(vec![Violation { field: "$".into(), message }])
}

/// `application/json` or `application/<anything>+json`, with any parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(text)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(subtype) = essence.strip_prefix("application/") else {
        return false;
    };
    subtype == "json" || subtype.ends_with("+json")
}
