//! A call that a service answers.

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A call that a service answers, described once for its server, its clients
/// and the suites. An implementation is a unit struct named after the call.
pub trait Endpoint {
    /// The method.
    const METHOD: Method;
    /// The template of the path: `/api/v1/workflows/{workflow_id}`.
    const PATH: &'static str;
    /// The body of a request; [`NoBody`] if there is none.
    type Request: Serialize;
    /// The query of a request; [`NoQuery`] if there is none.
    type Query: Serialize;
    /// The body of a successful answer; [`NoBody`] if there is none.
    type Answer: DeserializeOwned;
}

/// There is no body.
pub type NoBody = ();

/// There is no query.
pub type NoQuery = ();

/// The methods and paths of endpoints, sorted, to compare a document with:
/// `POST /api/v1/workflows`.
#[macro_export]
macro_rules! calls {
    ($($endpoint:ty),+ $(,)?) => {{
        let mut calls = vec![$(
            format!(
                "{} {}",
                <$endpoint as $crate::Endpoint>::METHOD,
                <$endpoint as $crate::Endpoint>::PATH,
            )
        ),+];
        calls.sort();
        calls
    }};
}
