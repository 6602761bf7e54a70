use std::time::{Duration, Instant};

use axum::body::Body as HttpBody;
use axum::http::{Request, Response};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use super::*;

fn sink() -> Router {
    app(&kit::Service::for_tests(kit::package!()))
}

async fn send(
    sink: &Router,
    method: &str,
    path: &str,
    body: impl Into<HttpBody>,
) -> Response<HttpBody> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(body.into())
        .expect("the request is well formed");
    sink.clone().oneshot(request).await.expect("routers are infallible")
}

async fn text(response: Response<HttpBody>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    String::from_utf8(bytes.expect("the body is complete").to_vec()).expect("the body is text")
}

async fn recorded(sink: &Router, name: &str) -> Value {
    let path = format!("/hook/{name}/requests");
    let answer = text(send(sink, "GET", &path, "").await).await;
    serde_json::from_str(&answer).expect("the answer is JSON")
}

async fn program(sink: &Router, name: &str, responses: &Value) -> Response<HttpBody> {
    send(sink, "PUT", &format!("/hook/{name}/responses"), responses.to_string()).await
}

#[tokio::test]
async fn any_request_to_a_hook_or_below_is_recorded() {
    let sink = sink();
    assert_eq!(text(send(&sink, "POST", "/hook/a?x=1", "héllo").await).await, r#"{"recorded":0}"#);
    send(&sink, "PATCH", "/hook/a/b/c", vec![0xff, 0x00]).await;
    send(&sink, "DELETE", "/hook/a/b", "").await;
    send(&sink, "GET", "/hook/other", "").await;

    let mut list = recorded(&sink, "a").await;
    for request in list["requests"].as_array_mut().expect("a list") {
        let at = request["received_at"].take();
        let at = at.as_str().expect("a time");
        assert!(OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339).is_ok());
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&list).unwrap(), @r#"
    {
      "requests": [
        {
          "body": "héllo",
          "body_hex": null,
          "headers": [
            [
              "content-type",
              "application/json"
            ]
          ],
          "index": 0,
          "method": "POST",
          "path": "/hook/a",
          "query": "x=1",
          "received_at": null,
          "status": 200
        },
        {
          "body": null,
          "body_hex": "ff00",
          "headers": [
            [
              "content-type",
              "application/json"
            ]
          ],
          "index": 1,
          "method": "PATCH",
          "path": "/hook/a/b/c",
          "query": null,
          "received_at": null,
          "status": 200
        },
        {
          "body": "",
          "body_hex": null,
          "headers": [
            [
              "content-type",
              "application/json"
            ]
          ],
          "index": 2,
          "method": "DELETE",
          "path": "/hook/a/b",
          "query": null,
          "received_at": null,
          "status": 200
        }
      ],
      "responses_left": 0
    }
    "#);
    assert_eq!(recorded(&sink, "other").await["requests"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn programmed_answers_come_in_order_and_then_the_default() {
    let sink = sink();
    let answers = json!([
        { "status": 503, "headers": { "retry-after": "1" }, "body": "busy", "times": 2 },
        { "status": 400, "headers": { "content-type": "text/html" }, "body": "no" },
    ]);
    assert_eq!(program(&sink, "a", &answers).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(recorded(&sink, "a").await["responses_left"], 3);

    for _ in 0..2 {
        let busy = send(&sink, "POST", "/hook/a", "").await;
        assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(busy.headers()["retry-after"], "1");
        assert_eq!(text(busy).await, "busy");
    }
    let refused = send(&sink, "POST", "/hook/a", "").await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let media_types: Vec<_> = refused.headers().get_all("content-type").iter().collect();
    assert_eq!(media_types, ["text/html"]);
    assert_eq!(send(&sink, "POST", "/hook/a", "").await.status(), StatusCode::OK);

    let list = recorded(&sink, "a").await;
    let statuses: Vec<_> =
        list["requests"].as_array().unwrap().iter().map(|r| &r["status"]).collect();
    assert_eq!(statuses, [503, 503, 400, 200]);
    assert_eq!(list["responses_left"], 0);
}

#[tokio::test]
async fn an_answer_may_be_for_some_requests_only() {
    let sink = sink();
    let answers = json!([{ "status": 202, "body_contains": "cart-0" }, { "status": 201 }]);
    program(&sink, "a", &answers).await;
    let mut statuses = Vec::new();
    for body in ["cart-1", "cart-0", "cart-0"] {
        statuses.push(send(&sink, "POST", "/hook/a", body).await.status().as_u16());
    }
    assert_eq!(statuses, [201, 202, 200]);
}

/// A request to the hook `a`; the task ends with the status of its answer.
async fn send_and_wait_until_recorded(sink: &Router) -> JoinHandle<StatusCode> {
    let sent = tokio::spawn({
        let sink = sink.clone();
        async move { send(&sink, "POST", "/hook/a", "").await.status() }
    });
    let deadline = Instant::now() + Duration::from_secs(5);
    while recorded(sink, "a").await["requests"].as_array().unwrap().is_empty() {
        assert!(Instant::now() < deadline, "nothing was recorded within 5 s");
        tokio::task::yield_now().await;
    }
    sent
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_kept_and_the_request_is_recorded_before_it() {
    let sink = sink();
    program(&sink, "a", &json!([{ "status": 200, "delay_ms": 1500 }])).await;
    let start = tokio::time::Instant::now();
    let slow = send_and_wait_until_recorded(&sink).await;
    assert!(start.elapsed() < Duration::from_millis(1500), "it was recorded after the delay");
    assert_eq!(slow.await.expect("the task ends"), StatusCode::OK);
    assert!(start.elapsed() >= Duration::from_millis(1500), "the delay was not kept");
}

/// The clock goes on only where nothing else does, so it is the new program that ends it.
#[tokio::test(start_paused = true)]
async fn a_delay_ends_when_the_hook_is_programmed_anew() {
    let sink = sink();
    program(&sink, "a", &json!([{ "status": 202, "delay_ms": 20_000 }])).await;
    let start = tokio::time::Instant::now();
    let slow = send_and_wait_until_recorded(&sink).await;
    program(&sink, "a", &json!([{ "status": 500 }])).await;
    // It is the answer that was programmed when the request came.
    assert_eq!(slow.await.expect("the task ends"), StatusCode::ACCEPTED);
    assert!(start.elapsed() < Duration::from_secs(20), "the delay was kept");
}

#[tokio::test]
async fn reset_forgets_one_hook() {
    let sink = sink();
    for name in ["a", "b"] {
        program(&sink, name, &json!([{ "status": 500, "times": 5 }])).await;
        send(&sink, "POST", &format!("/hook/{name}"), "").await;
    }
    assert_eq!(send(&sink, "DELETE", "/hook/a", "").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(recorded(&sink, "a").await, json!({ "requests": [], "responses_left": 0 }));
    assert_eq!(recorded(&sink, "b").await["responses_left"], 4);
}

#[tokio::test]
async fn a_bad_program_is_refused_whole() {
    let sink = sink();
    let refused = program(
        &sink,
        "a",
        &json!([
            { "status": 200 },
            { "status": 199, "headers": { "no name": "x", "content-length": "1", "x": "\n" } },
            { "delay_ms": 20_001, "times": 0, "colour": "red" },
        ]),
    )
    .await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let problem: Value = serde_json::from_str(&text(refused).await).unwrap();
    let errors: Vec<_> = problem["errors"]
        .as_array()
        .expect("violations")
        .iter()
        .map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["message"].as_str().unwrap()))
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    [1].headers.no name is not under a header's name
    [1].headers.x is not a header's value
    [1].status must be a whole number from 200 to 599
    [2].colour is not a known field
    [2].delay_ms must be a whole number from 0 to 20000
    [2].status is required
    [2].times must be a whole number from 1 to 1000
    ");
    assert_eq!(recorded(&sink, "a").await["responses_left"], 0);
}

#[tokio::test]
async fn control_paths_keep_their_methods() {
    let sink = sink();
    for (method, path) in [("POST", "/hook/a/requests"), ("GET", "/hook/a/responses")] {
        let response = send(&sink, method, path, "").await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
    assert_eq!(recorded(&sink, "a").await["requests"], json!([]));
}

#[tokio::test]
async fn the_document_has_the_calls_of_the_contract() {
    let document = text(send(&sink(), "GET", "/openapi.json", "").await).await;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(
        kit::document::calls(&document, "/hook"),
        contract::calls!(ListRequests, ProgramAnswers, ResetWebhook),
    );
}
