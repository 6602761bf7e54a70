use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use kit::Service;
use serde_json::{Value, json};
use testing::TestDatabase;
use tower::ServiceExt as _;

use super::*;

mod routing;

const RULES: &str = r#"
[[routes]]
matchers = ["team = storage", "secret-store != file"]
receiver = "storage"
[[receivers.storage]]
type = "webhook"
url = "http://u:p@host/hook"
"#;

/// The service's routes with a new database, and without deliveries.
struct TestApp {
    router: Router,
    _database: TestDatabase,
}

impl TestApp {
    async fn new() -> Self {
        Self::with(Routing::read(RULES, true).expect("good rules")).await
    }

    async fn with(routing: Routing) -> Self {
        let database = TestDatabase::sqlite();
        let store = crate::testing::store(&database).await;
        let service = Service::for_tests(kit::package!());
        let state = AppState { store, routing: Arc::new(routing), wake: Arc::default() };
        Self { router: crate::app(&service, state), _database: database }
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let (parts, body) = self.answer(method, path, body).await.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        (parts.status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn answer(&self, method: &str, path: &str, body: &Value) -> Response {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/notifications{path}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("the request is well formed");
        self.router.clone().oneshot(request).await.expect("routers are infallible")
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send("GET", path, &Value::Null).await
    }
}

fn request(name: &str) -> Value {
    json!({
        "name": name, "correlation_id": format!("rr-{name}"), "subject": "s", "body": "b",
        "channels": [{ "type": "log" }, { "type": "webhook", "url": "http://u:p@host/hook" }],
    })
}

#[tokio::test]
async fn a_notification_is_accepted_and_can_be_read() {
    let app = TestApp::new().await;
    let created = app.answer("POST", "", &request("a")).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    assert_eq!(created.headers()["location"], "/api/v1/notifications/a");

    let (status, mut read) = app.get("/a").await;
    assert_eq!(status, StatusCode::OK);
    assert!(read["id"].take().is_string() && read["created_at"].take().is_string());
    for channel in read["status"]["channels"].as_array_mut().expect("channels") {
        assert!(channel["next_attempt_at"].take().is_string(), "an attempt is due");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&read).expect("JSON"), @r#"
    {
      "created_at": null,
      "id": null,
      "receiver": null,
      "spec": {
        "action_links": [],
        "body": "b",
        "channels": [
          {
            "name": "log",
            "type": "log"
          },
          {
            "name": "webhook",
            "type": "webhook",
            "url": "http://host/hook"
          }
        ],
        "correlation_id": "rr-a",
        "labels": {},
        "metadata": {},
        "name": "a",
        "priority": "medium",
        "retry": {},
        "subject": "s",
        "type": "simple"
      },
      "status": {
        "channels": [
          {
            "attempts": [],
            "name": "log",
            "next_attempt_at": null,
            "state": "Pending",
            "type": "log"
          },
          {
            "attempts": [],
            "name": "webhook",
            "next_attempt_at": null,
            "state": "Pending",
            "type": "webhook"
          }
        ],
        "completed_at": null,
        "phase": "Pending",
        "reason": null
      }
    }
    "#);
}

#[tokio::test]
async fn the_same_request_again_changes_nothing_and_another_one_conflicts() {
    let app = TestApp::new().await;
    let (_, first) = app.send("POST", "", &request("a")).await;
    let (status, again) = app.send("POST", "", &request("a")).await;
    assert_eq!((status, &again["id"]), (StatusCode::OK, &first["id"]));

    let mut other = request("a");
    other["subject"] = json!("another");
    let (status, problem) = app.send("POST", "", &other).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:problem:conflict");
    assert_eq!(app.get("").await.1["pagination"]["total"], 1);
}

#[tokio::test]
async fn lists_are_filtered_and_paged_newest_first() {
    let app = TestApp::new().await;
    for name in ["a", "b", "c"] {
        app.send("POST", "", &request(name)).await;
    }
    let names = |page: &Value| -> Vec<String> {
        let list = page["data"].as_array().expect("a list");
        list.iter().map(|n| n["spec"]["name"].as_str().expect("a name").to_owned()).collect()
    };
    let (_, first) = app.get("?limit=2").await;
    assert_eq!(names(&first), ["c", "b"]);
    assert_eq!(
        first["pagination"],
        json!({ "limit": 2, "offset": 0, "total": 3, "has_more": true })
    );
    let (_, second) = app.get("?limit=2&offset=2").await;
    assert_eq!(
        (names(&second), &second["pagination"]["has_more"]),
        (vec!["a".into()], &json!(false))
    );
    assert_eq!(names(&app.get("?correlation_id=rr-b").await.1), ["b"]);
    assert_eq!(names(&app.get("?phase=Pending").await.1).len(), 3);
    assert!(names(&app.get("?phase=Sent").await.1).is_empty());
    assert!(names(&app.get("?offset=9").await.1).is_empty());

    let (status, problem) = app.get("?limit=0&phase=sent&order=asc").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let fields: Vec<_> =
        problem["errors"].as_array().expect("violations").iter().map(|e| &e["field"]).collect();
    assert_eq!(fields, ["limit", "order", "phase"]);
}

#[tokio::test]
async fn a_name_is_free_again_after_a_deletion() {
    let app = TestApp::new().await;
    let (_, first) = app.send("POST", "", &request("a")).await;
    assert_eq!(app.send("DELETE", "/a", &Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/a").await.0, StatusCode::NOT_FOUND);
    let (status, problem) = app.send("DELETE", "/a", &Value::Null).await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::NOT_FOUND, &json!("there is no notification a"))
    );
    let (status, second) = app.send("POST", "", &request("a")).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_ne!(second["id"], first["id"]);
}

#[tokio::test]
async fn a_bad_request_keeps_nothing() {
    let app = TestApp::new().await;
    let (status, problem) = app.send("POST", "", &json!({ "name": "a" })).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::BAD_REQUEST, &json!("urn:problem:validation-error"))
    );
    assert_eq!(app.get("").await.1["pagination"]["total"], 0);
}

#[tokio::test]
async fn the_interface_describes_itself() {
    let app = TestApp::new().await;
    let request = Request::get("/openapi.json").body(Body::empty()).expect("a request");
    let answer = app.router.clone().oneshot(request).await.expect("routers are infallible");
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
    let document: Value = serde_json::from_slice(&bytes).expect("JSON");
    let operations: Vec<_> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .filter(|(path, _)| path.starts_with("/api"))
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .expect("methods")
                .keys()
                .map(move |method| format!("{method} {path}"))
        })
        .collect();
    assert_eq!(
        operations,
        [
            "get /api/v1/notifications",
            "post /api/v1/notifications",
            "delete /api/v1/notifications/{name}",
            "get /api/v1/notifications/{name}",
        ]
    );
    let spec = &document["components"]["schemas"]["Spec"];
    assert_eq!(spec["required"], json!(["name", "correlation_id", "subject", "body"]));
    let labels = &spec["properties"]["labels"];
    assert_eq!(labels["maxProperties"], 50);
    assert_eq!(
        labels["propertyNames"],
        json!({ "type": "string", "minLength": 1, "maxLength": 100 })
    );
    assert_eq!(labels["additionalProperties"]["maxLength"], 1000);
    let kinds = &document["components"]["schemas"]["ChannelType"]["enum"];
    assert_eq!(*kinds, json!(["console", "log", "file", "slack", "webhook"]));
    let channel = &document["components"]["schemas"]["ChannelInput"];
    assert_eq!(
        (&channel["allOf"], &channel["additionalProperties"]),
        (&Value::Null, &json!(false))
    );
}

#[tokio::test]
async fn the_document_has_the_calls_of_the_contract() {
    let app = TestApp::new().await;
    let request = Request::get("/openapi.json").body(Body::empty()).expect("a request");
    let answer = app.router.clone().oneshot(request).await.expect("routers are infallible");
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
    let document: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(
        kit::document::calls(&document, "/api/"),
        contract::calls!(
            CreateNotification,
            DeleteNotification,
            GetNotification,
            ListNotifications
        ),
    );
}
