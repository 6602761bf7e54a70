use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::body::Body as HttpBody;
use axum::http::{Method, Request as HttpRequest, StatusCode};
use axum::routing::{any, post};
use futures_util::StreamExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use utoipa_axum::routes;

use super::*;
use crate::extract::{Body, Json, Path, Query};

/// A body with one field.
#[derive(serde::Deserialize, utoipa::ToSchema)]
struct Named {
    #[schema(value_type = contract::schema::Label)]
    name: String,
}

/// A query with one field.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct NamedQuery {
    #[param(value_type = contract::schema::Label, inline)]
    name: String,
}

#[utoipa::path(post, path = "/echo", request_body = Named)]
async fn echo(Json(Named { name }): Json<Named>) -> Json<String> {
    Json(name)
}

#[utoipa::path(get, path = "/query", params(NamedQuery))]
async fn query(Query(NamedQuery { name }): Query<NamedQuery>) -> Json<String> {
    Json(name)
}

fn app(service: &Service, timeout: Duration) -> Router {
    let routes = Router::new()
        .route("/undocumented", post(async |Json(Named { name }): Json<Named>| Json(name)))
        .route("/number/{n}", get(async |Path(n): Path<u8>| Json(n)))
        .route("/bytes", post(async |Body(bytes): Body| Json(bytes.len())))
        .route("/any", any(async || "any"))
        .route("/panic", get(async || -> () { panic!("on purpose") }))
        .route("/fault", get(async || Problem::from(anyhow::anyhow!("the secret cause"))))
        .route("/slow", get(std::future::pending::<()>));
    let documented = OpenApiRouter::new().routes(routes!(echo)).routes(routes!(query));
    build(service, OpenApiRouter::new(), OpenApiRouter::from(routes).merge(documented), timeout)
}

/// Sends one request to a service that is ready.
async fn send(request: HttpRequest<HttpBody>) -> Response {
    let service = Service::for_tests(crate::package!());
    let response = app(&service, Duration::from_millis(50)).oneshot(request).await;
    response.expect("routers are infallible")
}

fn request(method: Method, path: &str) -> HttpRequest<HttpBody> {
    request_with(method, path, "")
}

fn request_with(method: Method, path: &str, body: &str) -> HttpRequest<HttpBody> {
    HttpRequest::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("x-request-id", "id-1")
        .body(HttpBody::from(body.to_owned()))
        .expect("the request is well formed")
}

async fn body(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), BODY_LIMIT).await;
    String::from_utf8(bytes.expect("the body is small").to_vec()).expect("the body is text")
}

/// The problem in one line, after checking the fields that all problems have.
async fn problem(response: Response) -> String {
    let status = response.status();
    assert_eq!(response.headers()["content-type"], crate::problem::MEDIA_TYPE);
    assert_eq!(response.headers()["x-request-id"], "id-1");
    let problem: Value = serde_json::from_str(&body(response).await).expect("problems are JSON");
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["request_id"], "id-1");
    let [type_, instance, detail] = ["type", "instance", "detail"]
        .map(|field| problem[field].as_str().expect("the member is text").to_owned());
    format!("{} {type_} {instance}: {detail}", status.as_u16())
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let missing = send(request(Method::GET, "/nothing")).await;
    insta::assert_snapshot!(problem(missing).await, @"404 urn:problem:not-found /nothing: there is no path /nothing");
    let response = send(request(Method::DELETE, "/echo")).await;
    assert_eq!(response.headers()["allow"], "POST");
    insta::assert_snapshot!(problem(response).await, @"405 urn:problem:method-not-allowed /echo: DELETE is not allowed on /echo");
    let response = send(request(Method::POST, "/health/live")).await;
    insta::assert_snapshot!(problem(response).await, @"405 urn:problem:method-not-allowed /health/live: POST is not allowed on /health/live");
}

#[tokio::test]
async fn a_good_body_is_read_and_a_bad_one_refused() {
    let good = send(request_with(Method::POST, "/echo", r#"{"name":"a"}"#)).await;
    assert_eq!(good.status(), StatusCode::OK);
    assert_eq!(body(good).await, r#""a""#);

    let rules = send(request_with(Method::POST, "/echo", r#"{"name":"A","x":1}"#)).await;
    insta::assert_snapshot!(problem(rules).await, @"400 urn:problem:validation-error /echo: the request breaks 2 rules");
    let syntax = send(request_with(Method::POST, "/echo", "{")).await;
    insta::assert_snapshot!(problem(syntax).await, @"400 urn:problem:validation-error /echo: $ is not JSON: EOF while parsing an object at line 1 column 1");
    let mut text = request_with(Method::POST, "/echo", r#"{"name":"a"}"#);
    text.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    insta::assert_snapshot!(problem(send(text).await).await, @"415 urn:problem:unsupported-media-type /echo: the body must be sent as content-type: application/json");
}

#[tokio::test]
async fn every_kind_of_json_is_read() {
    for kind in ["application/json; charset=utf-8", "Application/JSON", "application/a.b+json"] {
        let mut request = request_with(Method::POST, "/echo", r#"{"name":"a"}"#);
        request.headers_mut().insert("content-type", HeaderValue::from_static(kind));
        assert_eq!(send(request).await.status(), StatusCode::OK, "{kind}");
    }
}

#[tokio::test]
async fn the_head_of_an_answer_is_had_by_the_rules_of_get() {
    for (query, status) in [("name=a", StatusCode::OK), ("name=A", StatusCode::BAD_REQUEST)] {
        let path = format!("/query?{query}");
        assert_eq!(send(request(Method::HEAD, &path)).await.status(), status, "{query}");
    }
}

#[tokio::test]
async fn a_body_that_the_document_does_not_have_is_a_fault() {
    let response = send(request_with(Method::POST, "/undocumented", r#"{"name":"a"}"#)).await;
    insta::assert_snapshot!(problem(response).await, @"500 urn:problem:internal-error /undocumented: the log has the cause under this request id");
}

#[tokio::test]
async fn queries_and_paths_are_read_strictly() {
    let good = send(request(Method::GET, "/query?name=a%2D1")).await;
    assert_eq!(body(good).await, r#""a-1""#);
    let twice = send(request(Method::GET, "/query?name=a&name=b&x=1")).await;
    insta::assert_snapshot!(problem(twice).await, @"400 urn:problem:validation-error /query: the request breaks 2 rules");
    let only = send(request(Method::GET, "/query?name=a&name=b")).await;
    insta::assert_snapshot!(problem(only).await, @"400 urn:problem:validation-error /query: name is given more than once");
    let path = send(request(Method::GET, "/number/256")).await;
    insta::assert_snapshot!(problem(path).await, @"400 urn:problem:validation-error /number/256: path is not valid: Invalid URL: Cannot parse `256` to a `u8`");
}

#[tokio::test]
async fn bodies_above_the_limit_are_refused_whether_announced_or_not() {
    let full = "x".repeat(BODY_LIMIT);
    let response = send(request_with(Method::POST, "/bytes", &full)).await;
    assert_eq!(body(response).await, BODY_LIMIT.to_string());

    let over = "x".repeat(BODY_LIMIT + 1);
    let silent = send(request_with(Method::POST, "/bytes", &over)).await;
    insta::assert_snapshot!(problem(silent).await, @"413 urn:problem:payload-too-large /bytes: the body is larger than 1048576 bytes");
    let mut announced = request_with(Method::POST, "/any", &over);
    announced.headers_mut().insert("content-length", HeaderValue::from(over.len()));
    insta::assert_snapshot!(problem(send(announced).await).await, @"413 urn:problem:payload-too-large /any: the body is larger than 1048576 bytes");
}

#[tokio::test]
async fn the_body_of_a_refused_request_is_read_to_its_end() {
    use futures_util::stream::{iter, once};
    for (method, path) in
        [(Method::POST, "/nowhere"), (Method::POST, "/fault"), (Method::POST, "/echo")]
    {
        let at_its_end = Arc::new(AtomicBool::new(false));
        let reached = Arc::clone(&at_its_end);
        let chunks = iter(["one", "two"].map(|chunk| Ok::<_, std::io::Error>(chunk.into())));
        let last = once(async move {
            reached.store(true, Ordering::SeqCst);
            Ok(axum::body::Bytes::new())
        });
        let mut request = request(method, path);
        *request.body_mut() = HttpBody::from_stream(chunks.chain(last));
        assert!(send(request).await.status().is_client_error());
        assert!(at_its_end.load(Ordering::SeqCst), "{path}");
    }
}

#[tokio::test]
async fn of_a_body_without_end_a_part_is_read() {
    let read = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&read);
    // Twice as much as is read, so that the test has an end.
    let chunks =
        futures_util::stream::iter((0..2 * edge::DISCARD_LIMIT / BODY_LIMIT).map(move |_| {
            counted.fetch_add(BODY_LIMIT, Ordering::SeqCst);
            Ok::<_, std::io::Error>(vec![b'x'; BODY_LIMIT])
        }));
    let mut request = request(Method::POST, "/bytes");
    *request.body_mut() = HttpBody::from_stream(chunks);
    assert_eq!(send(request).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(read.load(Ordering::SeqCst), edge::DISCARD_LIMIT + BODY_LIMIT);
}

#[tokio::test]
async fn panics_faults_and_slow_handlers_are_problems() {
    let response = send(request(Method::GET, "/panic")).await;
    insta::assert_snapshot!(problem(response).await, @"500 urn:problem:internal-error /panic: the log has the cause under this request id");
    let response = send(request(Method::GET, "/fault")).await;
    insta::assert_snapshot!(problem(response).await, @"500 urn:problem:internal-error /fault: the log has the cause under this request id");
    let response = send(request(Method::GET, "/slow")).await;
    insta::assert_snapshot!(problem(response).await, @"503 urn:problem:service-unavailable /slow: the request took longer than 50ms");
}

#[tokio::test]
async fn a_request_id_is_taken_over_or_made() {
    let id = |response: &Response| response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(id(&send(request(Method::GET, "/any")).await), "id-1");
    for unusable in ["", "two words", &"x".repeat(129)] {
        let mut request = request(Method::GET, "/any");
        request.headers_mut().insert("x-request-id", HeaderValue::from_str(unusable).unwrap());
        let made = id(&send(request).await);
        assert!(uuid::Uuid::parse_str(&made).is_ok(), "{unusable:?} became {made:?}");
    }
}

#[tokio::test]
async fn own_routes_wait_for_the_service_and_health_does_not() {
    let common = crate::config::Common::for_tests();
    let service = Service::new(crate::package!(), &common);
    let app = app(&service, Duration::from_secs(5));
    let ask = async |path| app.clone().oneshot(request(Method::GET, path)).await.unwrap();

    service.readiness.wait_for("the database is locked");
    insta::assert_snapshot!(body(ask("/health/live").await).await, @r#"{"status":"live"}"#);
    insta::assert_snapshot!(problem(ask("/health/ready").await).await, @"503 urn:problem:service-unavailable /health/ready: kit is starting: the database is locked");
    insta::assert_snapshot!(problem(ask("/any").await).await, @"503 urn:problem:service-unavailable /any: kit is starting: the database is locked");

    service.readiness.ready();
    service.readiness.set_degraded("datastorage", true);
    insta::assert_snapshot!(body(ask("/health/ready").await).await, @r#"{"status":"ready","degraded":["datastorage"]}"#);
    assert_eq!(body(ask("/any").await).await, "any");

    service.stop();
    service.stopped().await;
    insta::assert_snapshot!(problem(ask("/health/ready").await).await, @"503 urn:problem:service-unavailable /health/ready: kit is stopping");
    assert_eq!(ask("/any").await.status(), StatusCode::OK, "requests in flight are answered");
}

#[tokio::test]
async fn a_service_says_who_it_is() {
    let common = crate::config::Common {
        image: Some("localhost/kit:kit-1".into()),
        run_id: Some("1".into()),
        ..crate::config::Common::for_tests()
    };
    let service = Service::new(crate::package!(), &common);
    let app = app(&service, Duration::from_secs(5));
    let ask = async |path| app.clone().oneshot(request(Method::GET, path)).await.unwrap();

    insta::assert_snapshot!(body(ask("/version").await).await, @r#"{"service":"kit","version":"0.1.0","revision":null,"image":"localhost/kit:kit-1","run_id":"1"}"#);
    let openapi: Value = serde_json::from_str(&body(ask("/openapi.json").await).await).unwrap();
    assert_eq!(openapi["info"]["title"], "kit");
    let paths: Vec<_> = openapi["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/echo", "/health/live", "/health/ready", "/metrics", "/query", "/version"]);

    let mut open_metrics = request(Method::GET, "/metrics");
    let accept = HeaderValue::from_static("application/openmetrics-text; version=1.0.0");
    open_metrics.headers_mut().insert("accept", accept);
    let metrics = app.clone().oneshot(open_metrics).await.unwrap();
    assert_eq!(metrics.headers()["content-type"], crate::metrics::OPEN_METRICS);
    assert!(body(metrics).await.ends_with("# EOF\n"));
    ask("/nobody/knows/this").await;
    let metrics = ask("/metrics").await;
    assert_eq!(metrics.headers()["content-type"], crate::metrics::TEXT);
    let metrics = body(metrics).await;
    // Clients can invent any number of paths.
    for line in [
        r#"http_requests_total{method="GET",route="/version",status="200"} 1"#,
        r#"http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
    ] {
        assert!(metrics.lines().any(|l| l == line), "no line {line} in:\n{metrics}");
    }
}

#[tokio::test]
async fn early_routes_work_before_the_service_is_ready() {
    let service = Service::new(crate::package!(), &crate::Common::for_tests());
    let route = |answer: &'static str| {
        OpenApiRouter::from(Router::new().route("/a", get(move || async move { answer })))
    };
    let early =
        OpenApiRouter::from(Router::new().route("/a", axum::routing::post(|| async { "early" })));
    let router = router_with_early(&service, early, route("late"));
    for (method, status) in [("POST", 200), ("GET", 503), ("PUT", 405)] {
        let request = Request::builder().method(method).uri("/a").body(axum::body::Body::empty());
        let answer = router.clone().oneshot(request.expect("a request")).await.expect("infallible");
        assert_eq!(answer.status(), status, "{method}");
    }
}
