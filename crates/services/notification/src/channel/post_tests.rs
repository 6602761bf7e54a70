use std::time::Duration;

use axum::http::StatusCode;

use super::*;

fn answer(status: u16) -> Result<Receipt, SendError> {
    judge(Answer {
        status: StatusCode::from_u16(status).expect("a status"),
        retry_after: Some(Duration::from_secs(3)),
        excerpt: "token=abc".to_owned(),
    })
}

#[test]
fn what_may_pass_is_tried_again_and_the_rest_is_not() {
    for status in [200, 201, 202, 204] {
        let receipt = answer(status).expect("success");
        assert_eq!(receipt.http_status, Some(status));
    }
    for status in [408, 429, 500, 502, 503, 504, 599] {
        assert!(answer(status).expect_err("a failure").retry, "{status} may pass");
    }
    for status in [301, 302, 304, 400, 401, 403, 404, 409, 410, 413, 422] {
        assert!(!answer(status).expect_err("a failure").retry, "{status} will not pass");
    }
}

#[test]
fn a_failure_says_what_the_receiver_said_without_its_secrets() {
    let error = answer(429).expect_err("a failure");
    assert_eq!(error.retry_after, Some(Duration::from_secs(3)));
    assert_eq!(error.http_status, Some(429));
    insta::assert_snapshot!(error.message, @"the receiver answered 429 Too Many Requests: token=[REDACTED]");
}
