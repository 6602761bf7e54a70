//! The HTTP interface of resources, as their routes and their description.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use contract::Endpoint;
use contract::resource::{Create, Delete, Get, List, Resource};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use utoipa::ToSchema;

use super::fixture::{Process, Script, WishPhase, Wishes};
use crate::document::calls;
use crate::problem::Problem;
use crate::resource::{Row, Step};
use crate::service::Service;
use testing::TestDatabase;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
struct Answer {
    granted: bool,
}

struct AnswerWish;

impl Endpoint for AnswerWish {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/v1/wishes/{name}/answer";
    type Request = Answer;
    type Query = ();
    type Answer = Resource<Wishes>;
}

fn decide(_: &Script, row: &Row<Wishes>, answer: Answer) -> Result<Step<Wishes>, Problem> {
    match (row.phase, answer.granted) {
        (WishPhase::Working, true) => Ok(row.stay()),
        (WishPhase::Working, false) => Ok(row.to(WishPhase::Refused)),
        _ => Err(Problem::conflict("nobody asks")),
    }
}

struct Api {
    process: Process,
    router: Router,
    _database: TestDatabase,
}

impl Api {
    async fn start() -> Self {
        let database = TestDatabase::sqlite();
        let process = Process::start(&database).await;
        let answer = process.resources.decision::<AnswerWish>("answer", "Answers it.", decide);
        let routes = process.resources.routes().merge(answer);
        let router = crate::router(&Service::for_tests(crate::package!()), routes);
        Self { process, router, _database: database }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("infallible");
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

fn wish(name: &str, script: &[&str]) -> Value {
    json!({ "name": name, "correlation_id": "rr-1", "script": script })
}

#[tokio::test]
async fn a_resource_is_created_read_listed_decided_and_deleted() {
    let api = Api::start().await;
    let (status, made) = api.call("POST", "/api/v1/wishes", wish("a", &["ask"])).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(made["status"]["phase"], "Pending");
    let (status, same) = api.call("POST", "/api/v1/wishes", wish("a", &["ask"])).await;
    assert_eq!((status, &same["id"]), (StatusCode::OK, &made["id"]));
    let (status, problem) = api.call("POST", "/api/v1/wishes", wish("a", &[])).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["detail"], "there is a wish a with another spec");

    api.process.until("a", |row| row.status.steps == 1).await;
    let (_, page) = api.call("GET", "/api/v1/wishes?phase=Working&limit=1", Value::Null).await;
    assert_eq!(page["data"][0]["spec"], made["spec"]);
    assert_eq!(page["pagination"]["total"], 1);
    let (_, page) = api.call("GET", "/api/v1/wishes?correlation_id=rr-2", Value::Null).await;
    assert_eq!(page["pagination"]["total"], 0);

    let answer = json!({ "granted": true });
    let (status, _) = api.call("PATCH", "/api/v1/wishes/a/answer", answer.clone()).await;
    assert_eq!(status, StatusCode::OK);
    api.process.granted("a").await;
    let (status, problem) = api.call("PATCH", "/api/v1/wishes/a/answer", answer.clone()).await;
    assert_eq!((status, &problem["detail"]), (StatusCode::CONFLICT, &json!("nobody asks")));
    let (status, found) = api.call("GET", "/api/v1/wishes/a", Value::Null).await;
    assert_eq!((status, &found["status"]["phase"]), (StatusCode::OK, &json!("Granted")));
    assert!(found["status"]["completed_at"].is_string());

    assert_eq!(api.call("DELETE", "/api/v1/wishes/a", Value::Null).await.0, StatusCode::NO_CONTENT);
    for (method, path) in [("GET", ""), ("DELETE", ""), ("PATCH", "/answer")] {
        let path = format!("/api/v1/wishes/a{path}");
        let (status, problem) = api.call(method, &path, answer.clone()).await;
        assert_eq!(
            (status, &problem["detail"]),
            (StatusCode::NOT_FOUND, &json!("there is no wish a"))
        );
    }
}

#[tokio::test]
async fn a_request_that_breaks_rules_is_told_all_of_them() {
    let api = Api::start().await;
    let refused = async |method, path, body| {
        let (status, problem) = api.call(method, path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        let line = |error: &Value| {
            let text = |field: &str| error[field].as_str().expect("a text").to_owned();
            format!("{} {}", text("field"), text("message"))
        };
        problem["errors"].as_array().expect("errors").iter().map(line).collect::<Vec<_>>()
    };
    let bad = json!({ "name": "A", "script": "go", "more": 1 });
    insta::assert_snapshot!(refused("POST", "/api/v1/wishes", bad).await.join("\n"), @"
    correlation_id is required
    more is not a known field
    name must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end
    script must be an array
    ");
    let taboo = refused("POST", "/api/v1/wishes", wish("taboo", &[])).await;
    assert_eq!(taboo, ["name must not be taboo"]);
    let query = refused("GET", "/api/v1/wishes?phase=Gone&limit=0&more=1", Value::Null).await;
    insta::assert_snapshot!(query.join("\n"), @"
    limit must be a whole number from 1 to 1000
    more is not a known field
    phase must be one of Pending, Working, Granted, Refused
    ");
    let answer = refused("PATCH", "/api/v1/wishes/a/answer", json!({ "granted": "yes" })).await;
    insta::assert_snapshot!(answer.join("\n"), @"granted must be true or false");
}

#[tokio::test]
async fn the_document_describes_the_calls_and_all_that_they_name() {
    let api = Api::start().await;
    let (_, document) = api.call("GET", "/openapi.json", Value::Null).await;
    let expected =
        contract::calls![Create<Wishes>, List<Wishes>, Get<Wishes>, Delete<Wishes>, AnswerWish,];
    assert_eq!(calls(&document, "/api/"), expected);
    let text = document.to_string();
    for reference in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = reference.split('"').next().expect("a pointer");
        assert!(document.pointer(pointer).is_some(), "{pointer} is not defined");
    }
    // What is answered is what is described.
    let (_, made) = api.call("POST", "/api/v1/wishes", wish("a", &[])).await;
    let post = &document["paths"]["/api/v1/wishes"]["post"];
    let mut described = post["responses"]["201"]["content"]["application/json"]["schema"].clone();
    described["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&described).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&made).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");

    let rules = post["responses"]["400"]["description"].as_str().expect("a text");
    assert!(rules.contains("- name must not be taboo"), "{rules}");
}
