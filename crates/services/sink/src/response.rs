//! A programmed answer.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use kit::{FromInput, Node, schema};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

/// A programmed answer, and how often it is given.
#[derive(Clone, Debug, ToSchema)]
pub(crate) struct Response {
    /// The status.
    #[schema(value_type = u16, minimum = 200, maximum = 599)]
    pub(crate) status: StatusCode,
    /// Headers, except those of the message framing.
    #[schema(schema_with = headers_schema, required = false)]
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// How many milliseconds to wait before the answer.
    #[schema(rename = "delay_ms", value_type = u64, required = false, maximum = 20_000)]
    pub(crate) delay: Duration,
    /// The body; a receipt as JSON if it is left out.
    #[schema(max_length = 65_536)]
    pub(crate) body: Option<String>,
    /// For how many requests, one if it is left out.
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 1000)]
    pub(crate) times: usize,
}

/// The list that `PUT /hook/{name}/responses` takes.
#[derive(Debug, ToSchema)]
#[schema(max_items = 1000)]
pub(crate) struct Program(pub(crate) Vec<Response>);

impl Default for Response {
    fn default() -> Self {
        Self {
            status: StatusCode::OK,
            headers: Vec::new(),
            delay: Duration::ZERO,
            body: None,
            times: 1,
        }
    }
}

impl FromInput for Program {
    fn read(node: Node<'_>) -> Option<Self> {
        node.array(0..=1000, Response::read).map(Self)
    }
}

impl FromInput for Response {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let status = object.required("status", |node| node.integer(200..=599));
            let headers = object.optional("headers", |node| node.map(50, 100, header));
            // Less than the request timeout of the kit, 30 s.
            let delay = object.optional("delay_ms", |node| node.integer(0..=20_000));
            let body = object.optional("body", |node| node.string(0..=65_536));
            let times = object.optional("times", |node| node.integer(1..=1000));
            let status = u16::try_from(status?).ok()?;
            Some(Self {
                status: StatusCode::from_u16(status).ok()?,
                headers: headers?.unwrap_or_default().into_values().collect(),
                delay: Duration::from_millis(delay?.unwrap_or(0).unsigned_abs()),
                body: body?,
                times: usize::try_from(times?.unwrap_or(1)).ok()?,
            })
        })
    }
}

fn header(name: &str, value: Node<'_>) -> Option<(HeaderName, HeaderValue)> {
    let name = header_name(name).or_else(|message| value.refuse(message).ok_or(()));
    let value = value.parse(0..=1000, |text| {
        HeaderValue::from_str(text).map_err(|_| "is not a header's value".to_owned())
    });
    Some((name.ok()?, value?))
}

fn headers_schema() -> Object {
    let name = schema::text(1..=100).pattern(Some("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"));
    let value = schema::text(0..=1000).pattern(Some(r"^[\t -~]*$"));
    schema::map(50, name, value)
}

fn header_name(name: &str) -> Result<HeaderName, &'static str> {
    let name = HeaderName::try_from(name).map_err(|_| "is not under a header's name")?;
    // The server sets the headers of the message framing.
    let framing = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];
    if framing.contains(&name) {
        return Err("cannot be programmed");
    }
    Ok(name)
}
