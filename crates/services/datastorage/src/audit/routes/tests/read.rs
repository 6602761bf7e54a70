//! Reading events.

use axum::http::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::testing::{TestService, event, with};

#[tokio::test]
async fn pages_are_newest_first_and_say_whether_there_is_more() {
    let datastorage = TestService::new().await;
    let now = OffsetDateTime::now_utc();
    let at = |seconds| {
        let moment = now - time::Duration::seconds(seconds);
        let text = moment.format(&time::format_description::well_known::Rfc3339);
        with(event("rr-1"), "event_timestamp", json!(text.expect("a time")))
    };
    let events = vec![at(30), at(10), at(20)];
    datastorage.batch(&json!(events)).await;

    let (_, page) = datastorage.get("/api/v1/audit/events?correlation_id=rr-1&limit=2").await;
    assert_eq!(page["data"][0]["event_id"], events[1]["event_id"]);
    assert_eq!(page["data"][1]["event_id"], events[2]["event_id"]);
    assert_eq!(
        page["pagination"],
        json!({ "limit": 2, "offset": 0, "total": 3, "has_more": true })
    );

    let (_, page) =
        datastorage.get("/api/v1/audit/events?correlation_id=rr-1&limit=2&offset=2").await;
    assert_eq!(page["data"][0]["event_id"], events[0]["event_id"]);
    assert_eq!(
        page["pagination"],
        json!({ "limit": 2, "offset": 2, "total": 3, "has_more": false })
    );

    let (_, page) =
        datastorage.get("/api/v1/audit/events?correlation_id=rr-1&since=25s&until=15s").await;
    assert_eq!(page["pagination"]["total"], 1);
    assert_eq!(page["data"][0]["event_id"], events[2]["event_id"]);
}

#[tokio::test]
async fn a_filter_that_does_not_exist_is_refused_and_not_ignored() {
    let datastorage = TestService::new().await;
    let (status, problem) = datastorage.get("/api/v1/audit/events?corelation_id=rr-1").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"][0]["field"], "corelation_id");
}

#[tokio::test]
async fn an_event_that_is_not_there_is_not_found_and_a_bad_id_is_bad_input() {
    let datastorage = TestService::new().await;
    let (status, problem) = datastorage.get(&format!("/api/v1/audit/events/{}", Uuid::nil())).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(problem["type"], "urn:problem:not-found");
    let (status, _) = datastorage.get("/api/v1/audit/events/7").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
