//! A model behind chat completions that is busy, refuses, is slow or is away.

use std::time::{Duration, Instant};

use kit::PeerError;
use serde_json::json;
use testing::{FakePeer, TestDatabase};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::chat::{KEY, errors, proposal, start, start_with};
use super::line;
use super::service::{catalog, incident};

#[tokio::test]
async fn a_busy_model_is_asked_again_when_it_says_or_after_a_wait() {
    let (trail, model) = (catalog().await, FakePeer::start().await);
    let database = TestDatabase::sqlite();
    let service = start(&database, &trail, &model.url);
    model.will_answer_with(429, &[("retry-after", "1")], json!({}));
    model.will_answer(429, json!({}));
    model.will_answer(200, proposal(|_| {}));
    let analysis = service.analyze("rr-a", incident("OOMKilled")).await;
    assert_eq!(line(&analysis), "restart 0.9 no review after 3");
    assert_eq!(errors(&analysis), ["the model answered 429", "the model answered 429", ""]);
    let [first, second, third] = &model.calls()[..] else { panic!("{:?}", model.calls()) };
    assert!(second.at - first.at >= Duration::from_secs(1), "it says when");
    assert!(third.at - second.at >= Duration::from_millis(20), "twice LLM_BACKOFF");
    assert!(third.at - second.at < Duration::from_secs(1));

    // The caller has more time. Nobody waits longer than a minute.
    for (sent, expected) in [("50", 50), ("18446744073709551615", 60)] {
        model.will_answer_with(429, &[("retry-after", sent)], json!({}));
        match service.call("rr-a", incident("OOMKilled")).await {
            Err(PeerError::Refused { status: 503, problem, retry_after, .. }) => {
                assert_eq!(problem.detail, "the model answered 429");
                assert_eq!(retry_after, Some(Duration::from_secs(expected)));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_model_that_refuses_is_not_asked_again_and_nobody_sees_the_key() {
    let (trail, model) = (catalog().await, FakePeer::start().await);
    let database = TestDatabase::sqlite();
    let service = start(&database, &trail, &model.url);
    for (status, variables) in [(401, "LLM_API_KEY"), (404, "LLM_URL, LLM_MODEL")] {
        let body = json!({ "error": format!("Incorrect API key provided: {KEY}") });
        model.will_answer(status, body);
        let (answered, detail) = service.refused("rr-a", incident("OOMKilled")).await;
        let expected = format!("the model answered {status} ({variables})");
        assert_eq!((answered, detail), (503, expected));
    }
    let elsewhere = FakePeer::start().await;
    model.will_answer_with(307, &[("location", elsewhere.url.as_str())], json!({}));
    let (_, detail) = service.refused("rr-a", incident("OOMKilled")).await;
    assert_eq!(detail, "the model answered 307 (LLM_URL, LLM_MODEL)");
    assert!(elsewhere.calls().is_empty(), "the key is for one address");
    assert_eq!(model.calls().len(), 3);
    assert_eq!(model.calls()[0].headers["authorization"], format!("Bearer {KEY}"));
    let (code, log) = service.process.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains(KEY), "{log}");
    for call in trail.calls() {
        assert!(!call.body.to_string().contains(KEY), "{}", call.body);
    }
}

/// A server that sends these bytes to each connection, and closes it if it is to.
async fn raw(bytes: &'static str, closes: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = vec![0; 1 << 16];
            let _ = connection.read(&mut request).await;
            let _ = connection.write_all(bytes.as_bytes()).await;
            if !closes {
                open.push(connection);
            }
        }
    });
    url
}

#[tokio::test]
async fn a_model_that_is_slow_or_breaks_off_or_is_away_is_503_in_time() {
    let trail = catalog().await;
    let late = "the model did not answer in time (LLM_TIMEOUT)";
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"choices\": [";
    for (url, expected) in [
        (raw("", false).await, late),
        (raw(half, false).await, late),
        (raw(half, true).await, "the model broke off its answer"),
        ("http://127.0.0.1:1".to_owned(), "the model cannot be reached (LLM_URL)"),
    ] {
        let database = TestDatabase::sqlite();
        let service = start_with(&database, &trail, &url, &[("LLM_TIMEOUT", "300ms")]);
        let begin = Instant::now();
        let (status, detail) = service.refused("rr-a", incident("OOMKilled")).await;
        assert_eq!((status, detail.as_str()), (503, expected));
        assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    }
}

/// A caller waits 30 s at most, however long the model may take for each answer.
#[tokio::test]
async fn all_attempts_together_have_a_limit() {
    let (database, trail) = (TestDatabase::sqlite(), catalog().await);
    let limit = [("ANALYSIS_TIMEOUT", "300ms")];
    let service = start_with(&database, &trail, &raw("", false).await, &limit);
    let (status, detail) = service.refused("rr-a", incident("OOMKilled")).await;
    let late = "the model did not answer in time (ANALYSIS_TIMEOUT)";
    assert_eq!((status, detail.as_str()), (503, late));
}
