//! Calls against a real socket.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use contract::datastorage::{
    EventQuery, LabelPattern, ListEvents, ListWorkflows, Moment, Priority, Severity, WorkflowQuery,
    WorkflowStatus,
};
use contract::{NoBody, NoQuery};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use testing::FakePeer;
use time::macros::datetime;
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::error::EXCERPT;
use super::*;

struct ReadThing;

impl Endpoint for ReadThing {
    const METHOD: reqwest::Method = reqwest::Method::GET;
    const PATH: &'static str = "/things/{kind}/{name}";
    type Request = NoBody;
    type Query = Vec<(&'static str, &'static str)>;
    type Answer = Value;
}

struct Forget;

impl Endpoint for Forget {
    const METHOD: reqwest::Method = reqwest::Method::POST;
    const PATH: &'static str = "/things/forget";
    type Request = Vec<u8>;
    type Query = NoQuery;
    type Answer = NoBody;
}

const BUDGET: Duration = Duration::from_secs(30);

fn peer(server: &FakePeer) -> Peer {
    Peer::new("things", &server.url).expect("an address")
}

#[tokio::test]
async fn path_query_and_body_arrive_escaped() {
    let server = FakePeer::start().await;
    server.will_answer(200, json!({ "it": "is" }));
    let query = vec![("q", "a&b=c d/ü")];
    let call = peer(&server).call::<ReadThing>().path(&["a/b", "ü?"]).query(&query).send().await;
    assert_eq!(call.expect("an answer"), json!({ "it": "is" }));
    server.will_answer(200, Value::Null);
    peer(&server).call::<Forget>().body(&vec![1, 2]).send().await.expect("an answer");

    let calls = server.calls();
    assert_eq!(calls[0].path_and_query, "/things/a%2Fb/%C3%BC%3F?q=a%26b%3Dc+d%2F%C3%BC");
    assert_eq!((calls[1].method.as_str(), &calls[1].body), ("POST", &json!([1, 2])));
    assert_eq!(calls[1].headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_call_may_take_as_long_as_it_says() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let peer = Peer::new("things", &url).expect("an address");
    let begin = std::time::Instant::now();
    let late = peer.call::<ReadThing>().path(&["a", "b"]).within(Duration::from_millis(100)).send();
    assert!(matches!(late.await, Err(PeerError::Unreachable { .. })));
    assert!(begin.elapsed() < CALL_TIMEOUT, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn queries_of_the_contract_are_written_as_they_are_read() {
    let server = FakePeer::start().await;
    let pagination = json!({ "limit": 5, "offset": 10, "total": 10, "has_more": false });
    for _ in 0..2 {
        server.will_answer(200, json!({ "data": [], "pagination": pagination }));
    }
    let events = EventQuery {
        severity: Some(Severity::High),
        correlation_id: Some("a&b=c d/ü".to_owned()),
        since: Some(Moment::At(datetime!(2026-01-02 03:04:05 +01:00))),
        until: Some(Moment::Ago(Duration::from_secs(90))),
        limit: Some(5),
        offset: Some(10),
        ..EventQuery::default()
    };
    let workflows = WorkflowQuery {
        status: Some(WorkflowStatus::Active),
        is_latest: Some(true),
        signal_type: Some(LabelPattern::Only("a&b c".to_owned())),
        environment: Some(LabelPattern::Any),
        priority: Some(LabelPattern::Only(Priority::P2)),
        ..WorkflowQuery::default()
    };
    let peer = peer(&server);
    let page = peer.call::<ListEvents>().query(&events).send().await.expect("a page");
    assert_eq!(page.pagination.total, 10);
    peer.call::<ListWorkflows>().query(&workflows).send().await.expect("a page");

    let sent: Vec<_> = server.calls().into_iter().map(|call| call.path_and_query).collect();
    assert_eq!(
        sent,
        [
            "/api/v1/audit/events?severity=high&correlation_id=a%26b%3Dc+d%2F%C3%BC\
             &since=2026-01-02T03%3A04%3A05%2B01%3A00&until=90s&limit=5&offset=10",
            "/api/v1/workflows?status=active&is_latest=true&signal_type=a%26b+c\
             &environment=*&priority=P2",
        ]
    );
}

#[tokio::test]
async fn what_may_pass_is_tried_again_within_the_budget() {
    let server = FakePeer::start().await;
    for status in [408, 429, 500, 503] {
        server.will_answer(status, json!({}));
    }
    server.will_answer(200, Value::Null);
    let peer = peer(&server);
    peer.call::<Forget>().body(&vec![]).retry_within(BUDGET).send().await.expect("in the end");
    assert_eq!(server.calls().len(), 5);

    server.will_answer(503, json!({}));
    let error = peer.call::<Forget>().body(&vec![]).send().await.expect_err("no budget");
    assert!(error.may_pass(), "{error}");
    server.will_answer(409, json!({}));
    let call = peer.call::<Forget>().retry_within(BUDGET);
    assert!(!call.send().await.expect_err("refused").may_pass());
    assert_eq!(server.calls().len(), 7, "another 4xx is not repeated");
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let server = FakePeer::start().await;
    server.will_answer_with(429, &[("retry-after", "1")], json!({}));
    server.will_answer(200, Value::Null);
    let call = peer(&server).call::<Forget>().retry_within(BUDGET).send().await;
    call.expect("in the end");
    let calls = server.calls();
    let waited = calls[1].at - calls[0].at;
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}

#[test]
fn retry_after_is_honoured_for_a_minute_at_most() {
    for (text, seconds) in [("0", Some(0)), ("59", Some(59)), ("3600", Some(60)), ("soon", None)] {
        let headers = [("retry-after".parse().expect("a name"), text.parse().expect("a value"))];
        let wait = retry_after(&headers.into_iter().collect());
        assert_eq!(wait, seconds.map(Duration::from_secs), "{text}");
    }
}

#[tokio::test]
async fn a_budget_without_room_for_a_wait_is_no_second_attempt() {
    let server = FakePeer::start().await;
    server.will_answer(503, json!({}));
    server.will_answer(200, Value::Null);
    let call = peer(&server).call::<Forget>().retry_within(WAITS[0] / 2).send().await;
    assert!(call.expect_err("the budget is over").may_pass());
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_wait_that_the_peer_wants_counts_against_the_budget() {
    let server = FakePeer::start().await;
    server.will_answer_with(503, &[("retry-after", "60")], json!({}));
    server.will_answer(200, Value::Null);
    let peer = peer(&server);
    let call = timeout(BUDGET, peer.call::<Forget>().retry_within(BUDGET).send());
    let call = call.await.expect("no wait");
    assert!(call.expect_err("the budget is shorter").may_pass());
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn nobody_is_followed_to_another_address() {
    let (server, other) = (FakePeer::start().await, FakePeer::start().await);
    server.will_answer_with(302, &[("location", &other.url)], json!({}));
    let error = peer(&server).call::<Forget>().send().await.expect_err("no answer");
    assert!(error.to_string().contains("with 302"), "{error}");
    assert!(other.calls().is_empty());
}

#[tokio::test]
async fn of_an_answer_without_a_problem_an_excerpt_is_told() {
    let server = FakePeer::start().await;
    server.will_answer(502, json!("ü".repeat(EXCERPT * 2)));
    let error = peer(&server).call::<Forget>().send().await.expect_err("refused").to_string();
    assert!(error.starts_with("things answered POST /things/forget with 502: \""), "{error}");
    assert!(error.chars().count() < EXCERPT + 100, "{error}");
    assert!(error.contains('ü'), "{error}");
}

#[tokio::test]
async fn a_peer_that_answers_with_an_error_is_not_live() {
    let server = FakePeer::start().await;
    server.will_answer(503, json!({}));
    assert!(!peer(&server).is_live().await);
    server.will_answer(200, json!({ "status": "live" }));
    assert!(peer(&server).is_live().await);
    assert_eq!(server.calls()[0].path_and_query, "/health/live");
}

#[tokio::test]
async fn a_refusal_tells_every_violation() {
    let server = FakePeer::start().await;
    server.will_answer(
        400,
        json!({
            "type": "urn:problem:validation-error",
            "detail": "the batch has 2 violations",
            "errors": [
                { "field": "[1].event_type", "message": "is missing" },
                { "field": "[0].severity", "message": "is unknown" },
                { "field": "[0].event_type", "message": "is missing" },
            ],
        }),
    );
    let error = peer(&server).call::<Forget>().send().await.expect_err("refused");
    assert_eq!(error.refused_positions(), [0, 1]);
    insta::assert_snapshot!(error, @"things answered POST /things/forget with 400: the batch has 2 violations; [1].event_type: is missing; [0].severity: is unknown; [0].event_type: is missing");
}

#[tokio::test]
async fn nobody_there_is_told_with_the_cause_and_may_pass() {
    // A port that was bound and released refuses connections.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let peer = Peer::new("things", &format!("http://ann:secret@{address}")).expect("an address");

    let error = peer.call::<Forget>().send().await.expect_err("nobody there");

    assert!(error.may_pass());
    let text = error.to_string();
    assert!(text.starts_with("things did not answer POST /things/forget: "), "{text}");
    assert!(text.contains("onnection refused") && !text.contains("secret"), "{text}");
    assert!(!peer.is_live().await);
}

#[test]
fn an_address_that_cannot_be_one_is_refused_with_a_hint() {
    for url in ["", "things:8080", "ftp://ann:secret@things", "http://"] {
        let text = Peer::new("things", url).expect_err(url).to_string();
        assert!(text.starts_with("the address of things cannot be used: "), "{text}");
        assert!(text.contains("\nhint: it has the form http://<host>:<port>"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn the_id_of_the_request_is_passed_on() {
    let server = FakePeer::start().await;
    server.will_answer(200, Value::Null);
    server.will_answer(200, Value::Null);
    let peer = peer(&server);
    let calling = peer.clone();
    let routes = Router::new().route(
        "/",
        get(move || async move { calling.call::<Forget>().send().await.expect("an answer") }),
    );
    let service = crate::Service::for_tests(crate::package!());
    let app = crate::router(&service, routes.into());
    let request = axum::http::Request::get("/").header("x-request-id", "from-far-away");
    let answer = app.oneshot(request.body(axum::body::Body::empty()).expect("a request")).await;
    answer.expect("infallible").into_body().collect().await.expect("a body");
    peer.call::<Forget>().send().await.expect("an answer");

    let id = |index: usize| server.calls()[index].headers["x-request-id"].clone();
    assert_eq!(id(0), "from-far-away");
    assert_eq!(id(1).len(), 36, "outside of a request it is a new one");
}
