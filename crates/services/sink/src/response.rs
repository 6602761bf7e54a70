//! A programmed answer, ready to be given.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use contract::sink::{Program, ProgrammedAnswer};
use kit::{Violation, Violations};

/// A programmed answer, and how often it is given.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) delay: Duration,
    /// A receipt as JSON if there is none.
    pub(crate) body: Option<String>,
    /// Only for requests with this text in their body.
    pub(crate) body_contains: Option<String>,
    pub(crate) times: u32,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            status: StatusCode::OK,
            headers: Vec::new(),
            delay: Duration::ZERO,
            body: None,
            body_contains: None,
            times: 1,
        }
    }
}

/// Reads the answers of a program.
///
/// # Errors
///
/// The headers that cannot be programmed.
pub(crate) fn responses(Program(answers): Program) -> Result<Vec<Response>, Vec<Violation>> {
    let mut violations = Violations::default();
    let answers = answers.into_iter().enumerate();
    let responses =
        answers.map(|(index, answer)| response(index, answer, &mut violations)).collect();
    violations.or(responses)
}

fn response(index: usize, answer: ProgrammedAnswer, violations: &mut Violations) -> Response {
    // The server sets the headers of the message framing.
    const FRAMING: [HeaderName; 3] =
        [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];
    let ProgrammedAnswer { status, headers, delay_ms, body, body_contains, times } = answer;
    let mut read = Vec::new();
    for (name, value) in headers {
        match (HeaderName::try_from(&name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) if !FRAMING.contains(&name) => read.push((name, value)),
            _ => violations.refuse(format!("[{index}].headers.{name}"), "cannot be programmed"),
        }
    }
    Response {
        // The schema allows 200 to 599.
        status: StatusCode::from_u16(status).unwrap_or_default(),
        headers: read,
        delay: Duration::from_millis(delay_ms),
        body,
        body_contains,
        times,
    }
}
