//! `X-Timestamp`: when a body was sent, so that nobody sends an old one again.

use axum::http::HeaderMap;
use kit::{Problem, Violation};
use time::OffsetDateTime;

use crate::config::Limits;

/// The header, in seconds since 1970.
pub const HEADER: &str = "x-timestamp";

/// The header, for the document.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
pub struct TimestampHeader {
    /// When it was sent, in seconds since 1970.
    #[param(rename = "x-timestamp", required = false, pattern = "^[0-9]{1,18}$")]
    pub timestamp: String,
}

/// Checks the header, if it was sent or must be.
///
/// # Errors
///
/// What is wrong with it.
pub fn check(headers: &HeaderMap, limits: &Limits, now: OffsetDateTime) -> Result<(), Problem> {
    let refuse = |message: &str| {
        let violation = Violation { field: HEADER.to_owned(), message: message.to_owned() };
        Err(Problem::validation(vec![violation]))
    };
    let Some(value) = headers.get(HEADER) else {
        return if limits.require_timestamp { refuse("is required") } else { Ok(()) };
    };
    let text = value.to_str().unwrap_or_default();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(sent) = text.parse::<i64>().ok().filter(|_| is_number) else {
        return refuse("must be a number of seconds since 1970");
    };
    let seconds = |limit: std::time::Duration| i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
    let age = now.unix_timestamp().saturating_sub(sent);
    if age > seconds(limits.timestamp_max_age) {
        return refuse("must not be as old as that");
    }
    if age < -seconds(limits.timestamp_max_ahead) {
        return refuse("must not be as far ahead as that");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn limits(require_timestamp: bool) -> Limits {
        Limits {
            orchestrator_budget: Duration::from_secs(1),
            parallel: 1,
            retry_after: Duration::from_secs(1),
            require_timestamp,
            timestamp_max_age: Duration::from_secs(300),
            timestamp_max_ahead: Duration::from_secs(120),
        }
    }

    #[test]
    fn it_must_be_near_the_clock() {
        let now = OffsetDateTime::from_unix_timestamp(1_000_000).expect("a time");
        let told = |text: &str| {
            let headers = HeaderMap::from_iter([(
                axum::http::HeaderName::from_static(HEADER),
                text.parse().expect("a header"),
            )]);
            let told = check(&headers, &limits(false), now);
            told.map_or_else(|problem| problem.detail().to_owned(), |()| "accepted".to_owned())
        };
        let texts = [
            "1000000",
            "999700",
            "999699",
            "1000120",
            "1000121",
            "",
            "-1",
            "+1000000",
            "1e6",
            "ü",
            "99999999999999999999",
        ];
        let lines = texts.map(|text| format!("{text}: {}", told(text)));
        insta::assert_snapshot!(lines.join("\n"), @"
        1000000: accepted
        999700: accepted
        999699: x-timestamp must not be as old as that
        1000120: accepted
        1000121: x-timestamp must not be as far ahead as that
        : x-timestamp must be a number of seconds since 1970
        -1: x-timestamp must be a number of seconds since 1970
        +1000000: x-timestamp must be a number of seconds since 1970
        1e6: x-timestamp must be a number of seconds since 1970
        ü: x-timestamp must be a number of seconds since 1970
        99999999999999999999: x-timestamp must be a number of seconds since 1970
        ");
    }

    #[test]
    fn it_may_be_left_out_unless_it_is_required() {
        let now = OffsetDateTime::now_utc();
        check(&HeaderMap::new(), &limits(false), now).expect("accepted");
        let problem = check(&HeaderMap::new(), &limits(true), now).expect_err("required");
        assert_eq!(problem.detail(), "x-timestamp is required");
    }
}
