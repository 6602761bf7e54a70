//! The kinds of problems, with slug, status and title.

use axum::http::StatusCode;

/// Every kind of problem that a service may answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The request breaks the rules of the interface; `errors` says where.
    ValidationError,
    /// Nothing exists under this path.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// The request contradicts what is stored.
    Conflict,
    /// The body is larger than the endpoint accepts.
    PayloadTooLarge,
    /// The body's media type is not one that the endpoint reads.
    UnsupportedMediaType,
    /// The caller sends too many requests.
    TooManyRequests,
    /// A bug; the log has the cause under the request id.
    InternalError,
    /// A dependency of the service is unavailable; trying later may help.
    ServiceUnavailable,
}

impl ProblemKind {
    /// The last part of the problem's type, `urn:problem:<slug>`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.parts().0
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.parts().1
    }

    pub(super) fn parts(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::ValidationError => {
                ("validation-error", StatusCode::BAD_REQUEST, "The request is not valid")
            }
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "Not found"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "The method is not allowed here",
            ),
            Self::Conflict => {
                ("conflict", StatusCode::CONFLICT, "The request conflicts with the state")
            }
            Self::PayloadTooLarge => {
                ("payload-too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large")
            }
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The media type is not supported",
            ),
            Self::TooManyRequests => {
                ("too-many-requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests")
            }
            Self::InternalError => {
                ("internal-error", StatusCode::INTERNAL_SERVER_ERROR, "Internal error")
            }
            Self::ServiceUnavailable => {
                ("service-unavailable", StatusCode::SERVICE_UNAVAILABLE, "Not available now")
            }
        }
    }
}
