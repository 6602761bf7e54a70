use prometheus_client::metrics::gauge::Gauge;

use super::*;

fn metrics() -> Metrics {
    let metrics = Metrics::new();
    metrics.request(&Method::GET, "/a", StatusCode::OK, Duration::from_millis(2));
    let depth = Gauge::<i64>::default();
    depth.set(7);
    metrics.register("queue_depth", "What waits", depth);
    metrics
}

#[test]
fn the_text_format_names_a_counter_with_its_suffix_everywhere() {
    insta::assert_snapshot!(metrics().text().expect("text"), @r#"
    # HELP http_requests_total Requests answered.
    # TYPE http_requests_total counter
    http_requests_total{method="GET",route="/a",status="200"} 1
    # HELP http_request_duration_seconds Time until the answer.
    # TYPE http_request_duration_seconds histogram
    http_request_duration_seconds_sum{method="GET",route="/a"} 0.002
    http_request_duration_seconds_count{method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="0.001",method="GET",route="/a"} 0
    http_request_duration_seconds_bucket{le="0.005",method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="0.02",method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="0.05",method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="0.1",method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="0.5",method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="1.0",method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="5.0",method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="30.0",method="GET",route="/a"} 1
    http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/a"} 1
    # HELP queue_depth What waits.
    # TYPE queue_depth gauge
    queue_depth 7
    "#);
}

#[test]
fn open_metrics_has_the_same_samples() {
    let samples = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let metrics = metrics();
    let open = metrics.open_metrics().expect("text");
    assert!(open.contains("# TYPE http_requests counter\n"), "{open}");
    assert!(open.ends_with("# EOF\n"), "{open}");
    assert_eq!(samples(&open), samples(&metrics.text().expect("text")));
}

#[test]
fn open_metrics_is_for_those_who_prefer_it() {
    for (accept, preferred) in [
        ("", false),
        ("*/*", false),
        ("text/plain", false),
        ("application/openmetrics-text", true),
        ("application/openmetrics-text;q=0", false),
        ("text/plain, application/openmetrics-text;q=0.9", false),
        // Prometheus 2 and 3.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            true,
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.1",
            true,
        ),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().expect("a header"));
        assert_eq!(prefers_open_metrics(&headers), preferred, "{accept}");
    }
    assert!(!prefers_open_metrics(&HeaderMap::new()));
}
