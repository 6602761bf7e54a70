//! The typed calls against a real socket.

use std::time::Duration;

use contract::datastorage::{
    Category, Essentials, EventQuery, Moment, NewEvent, Outcome, Severity,
};
use datastorage_client::{Client, ClientError};
use serde_json::json;
use testing::FakePeer;
use time::macros::datetime;

fn event() -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id: "rr-1",
        data: json!({ "alert": "HighMemory" }),
    })
}

#[tokio::test]
async fn create_posts_the_event_and_reads_the_receipt() {
    let server = FakePeer::start().await;
    let event = event();
    server.will_answer(
        201,
        json!({ "event_id": event.event_id, "recorded_at": "2026-01-02T03:04:05.000006Z" }),
    );

    let client = Client::new(&server.url).expect("an address");
    let receipt = client.create(&event).await.expect("created");

    assert!(!receipt.is_spooled(), "{receipt:?}");
    assert_eq!(receipt.event_id(), event.event_id);
    assert_eq!(receipt.recorded_at(), Some(datetime!(2026-01-02 03:04:05.000006 UTC)));
    let calls = server.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].method, "POST");
    assert_eq!(calls[0].path_and_query, "/api/v1/audit/events");
    assert_eq!(calls[0].body, serde_json::to_value(&event).expect("serializable"));
}

#[tokio::test]
async fn an_event_in_the_spool_is_a_success_that_says_so() {
    let server = FakePeer::start().await;
    let event = event();
    server.will_answer(202, json!({ "event_id": event.event_id, "status": "spooled" }));
    server.will_answer(202, json!({ "event_ids": [event.event_id], "status": "spooled" }));
    server.will_answer(201, json!({ "event_ids": [event.event_id] }));
    let client = Client::new(&server.url).expect("an address");

    let receipt = client.create(&event).await.expect("accepted");
    assert!(receipt.is_spooled(), "{receipt:?}");
    assert_eq!((receipt.event_id(), receipt.recorded_at()), (event.event_id, None));

    let receipt = client.create_batch(std::slice::from_ref(&event)).await.expect("accepted");
    assert!(receipt.is_spooled(), "{receipt:?}");
    assert_eq!(receipt.event_ids(), [event.event_id]);

    let receipt = client.create_batch(std::slice::from_ref(&event)).await.expect("stored");
    assert!(!receipt.is_spooled(), "{receipt:?}");
}

#[tokio::test]
async fn a_query_escapes_its_filters() {
    let server = FakePeer::start().await;
    server.will_answer(
        200,
        json!({ "data": [], "pagination": { "limit": 5, "offset": 10, "total": 10, "has_more": false } }),
    );
    let client = Client::new(&server.url).expect("an address");

    let query = EventQuery {
        severity: Some(Severity::High),
        correlation_id: Some("a&b=c d/ü".to_owned()),
        since: Some(Moment::At(datetime!(2026-01-02 03:04:05 +01:00))),
        until: Some(Moment::Ago(Duration::from_secs(90))),
        limit: Some(5),
        offset: Some(10),
        ..EventQuery::default()
    };
    let page = client.query(&query).await.expect("a page");

    assert_eq!(page.pagination.total, 10);
    assert_eq!(
        server.calls()[0].path_and_query,
        "/api/v1/audit/events?severity=high&correlation_id=a%26b%3Dc+d%2F%C3%BC\
         &since=2026-01-02T03%3A04%3A05%2B01%3A00&until=90s&limit=5&offset=10"
    );
}

#[tokio::test]
async fn an_event_that_is_not_there_is_none() {
    let server = FakePeer::start().await;
    server.will_answer(404, json!({ "type": "urn:problem:not-found", "status": 404 }));
    let client = Client::new(&server.url).expect("an address");
    assert_eq!(client.get(uuid::Uuid::nil()).await.expect("an answer"), None);
    assert_eq!(
        server.calls()[0].path_and_query,
        "/api/v1/audit/events/00000000-0000-0000-0000-000000000000"
    );
}

#[tokio::test]
async fn a_refusal_lists_every_violation() {
    let server = FakePeer::start().await;
    server.will_answer(
        400,
        json!({
            "type": "urn:problem:validation-error",
            "detail": "the batch has 2 violations",
            "errors": [
                { "field": "[1].event_type", "message": "is missing" },
                { "field": "[0].severity", "message": "is unknown" },
            ],
        }),
    );
    let client = Client::new(&server.url).expect("an address");

    let error = client.create_batch(&[event(), event()]).await.expect_err("refused");

    assert!(error.is_permanent());
    assert_eq!(error.refused_positions(), [0, 1]);
    let text = error.to_string();
    assert!(
        text.ends_with(
            "/batch was answered with 400: the batch has 2 violations; \
             [1].event_type: is missing; [0].severity: is unknown"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn a_missing_answer_is_not_permanent_and_names_the_cause() {
    // A port that was bound and released refuses connections.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let client = Client::new(&url).expect("an address");

    let error = client.create(&event()).await.expect_err("nobody there");

    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert!(!error.is_permanent());
    assert!(error.to_string().contains("onnection refused"), "{error}");
}

#[test]
fn an_address_that_cannot_be_one_is_refused_with_a_hint() {
    for url in ["", "datastorage:8080", "ftp://datastorage", "http://"] {
        let error = Client::new(url).expect_err(url);
        assert!(error.to_string().contains(&format!("`{url}`")), "{error}");
        assert!(
            error.to_string().contains("hint: it has the form http://<host>:<port>"),
            "{error}"
        );
    }
}
