//! Errors as RFC 9457 problem documents.

mod kind;

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

pub use contract::problem::Violation;
pub use kind::ProblemKind;

/// The media type of a problem document (RFC 9457, section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem document. As a handler's error it becomes the response; the
/// [`edge`](mod@crate::edge) adds `instance` and `request_id` on the way out.
#[derive(Clone, Debug)]
pub struct Problem {
    document: Box<contract::problem::Problem>,
    kind: ProblemKind,
    retry_after: Option<Duration>,
}

impl Problem {
    /// A problem of `kind`; `detail` says what happened this time.
    pub fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        let (slug, status, title) = kind.parts();
        let document = contract::problem::Problem {
            kind: format!("urn:problem:{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into().into_owned(),
            ..Default::default()
        };
        Self { document: Box::new(document), kind, retry_after: None }
    }

    /// Bad input, with every rule that it breaks.
    #[must_use]
    pub fn validation(errors: Vec<Violation>) -> Self {
        let detail = match errors.as_slice() {
            [] => "the request is not valid".to_owned(),
            [one] => format!("{} {}", one.field, one.message),
            more => format!("the request breaks {} rules", more.len()),
        };
        Self::new(ProblemKind::ValidationError, detail).with_errors(errors)
    }

    /// Nothing under this name; `what` names it, like `notification deploy-done`.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(ProblemKind::NotFound, format!("there is no {what}"))
    }

    /// The request contradicts what is stored.
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Conflict, detail)
    }

    /// A dependency is unavailable. The caller may try again after
    /// `retry_after`, which is sent in whole seconds, at least one.
    pub fn unavailable(detail: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(ProblemKind::ServiceUnavailable, detail)
        }
    }

    /// Adds violations, for problems other than bad input.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Violation>) -> Self {
        self.document.errors = errors;
        self
    }

    /// Which kind of problem this is.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// What happened this time.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.document.detail
    }

    /// The rules that the request breaks.
    #[must_use]
    pub fn errors(&self) -> &[Violation] {
        &self.document.errors
    }

    /// Adds the path and the id of the request.
    pub(crate) fn located(mut self, instance: &str, request_id: &str) -> Self {
        self.document.instance = Some(instance.to_owned());
        self.document.request_id = Some(request_id.to_owned());
        self
    }

    /// The document's bytes.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.document).expect("a problem has string keys only")
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        contract::problem::Problem::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        contract::problem::Problem::schemas(schemas);
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        contract::problem::Problem::schema()
    }
}

/// An internal error: the cause goes to the log, and the caller gets no
/// details.
impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "internal error");
        Self::new(ProblemKind::InternalError, "the log has the cause under this request id")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (
            self.kind.status(),
            [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))],
            self.to_json(),
        )
            .into_response();
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_like_rfc_9457() {
        let problem = Problem::validation(vec![
            Violation { field: "name".into(), message: "is required".into() },
            Violation { field: "$".into(), message: "must be an object".into() },
        ])
        .located("/api/v1/things", "abc");
        let text = serde_json::to_string_pretty(&problem.document).unwrap();
        insta::assert_snapshot!(text, @r#"
        {
          "type": "urn:problem:validation-error",
          "title": "The request is not valid",
          "status": 400,
          "detail": "the request breaks 2 rules",
          "instance": "/api/v1/things",
          "request_id": "abc",
          "errors": [
            {
              "field": "name",
              "message": "is required"
            },
            {
              "field": "$",
              "message": "must be an object"
            }
          ]
        }
        "#);
    }

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        for (wait, header) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2")] {
            let problem = Problem::unavailable("away", Duration::from_millis(wait));
            assert_eq!(problem.into_response().headers()["retry-after"], header, "{wait} ms");
        }
    }
}
