//! Counters for `/metrics`, in the text format of Prometheus or as OpenMetrics.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode, header};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

/// The media type of what [`Metrics::text`] writes.
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The media type of what [`Metrics::open_metrics`] writes.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the request histogram, in seconds.
const SECONDS: [f64; 9] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

/// A service's metrics: those of its requests, and those that it registers
/// itself.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<Answer, Counter>,
    seconds: Family<Route, Histogram>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let requests = Family::default();
        let seconds = Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        let metrics =
            Self { registry: Arc::default(), requests: requests.clone(), seconds: seconds.clone() };
        metrics.register("http_requests", "Requests answered", requests);
        metrics.register("http_request_duration_seconds", "Time until the answer", seconds);
        metrics
    }

    /// Adds a metric of the service's own. Counters get the suffix `_total` by
    /// themselves.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(name, help, metric);
    }

    /// All metrics in Prometheus' text format 0.0.4.
    ///
    /// # Errors
    ///
    /// When a metric cannot be encoded.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        self.open_metrics().map(|text| to_text(&text))
    }

    /// All metrics in OpenMetrics' text format 1.0.0.
    ///
    /// # Errors
    ///
    /// When a metric cannot be encoded.
    pub fn open_metrics(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        prometheus_client::encoding::text::encode(&mut text, &registry)?;
        Ok(text)
    }

    pub(crate) fn request(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let method = label(method);
        let answer = Answer { method, route: route.to_owned(), status: status.as_u16() };
        self.requests.get_or_create(&answer).inc();
        let route = Route { method, route: route.to_owned() };
        self.seconds.get_or_create(&route).observe(took.as_secs_f64());
    }
}

/// The label of a method. Unknown methods share one, since clients can invent
/// any number.
fn label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

/// Rewrites OpenMetrics in the text format 0.0.4, where HELP and TYPE name a
/// counter with its suffix, and units and the end are not marked.
fn to_text(open_metrics: &str) -> String {
    let types = open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let counters: HashSet<_> = types.filter_map(|line| line.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "EOF" | "UNIT", ..] => continue,
            ["#", keyword, name, rest] if counters.contains(name) => {
                text.extend(["# ", keyword, " ", name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// Whether a client prefers OpenMetrics to text (RFC 9110, section 12.5.1).
pub(crate) fn prefers_open_metrics(headers: &HeaderMap) -> bool {
    let ranges = || {
        let values = headers.get_all(header::ACCEPT).iter();
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
    };
    let quality = |media_type: &str| {
        let qualities = ranges().filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let same = parts.next()?.eq_ignore_ascii_case(media_type);
            let quality = parts.find_map(|part| part.strip_prefix("q=")).unwrap_or("1");
            same.then_some(quality.parse().unwrap_or(0.0))
        });
        qualities.fold(0.0, f64::max)
    };
    let open_metrics = quality("application/openmetrics-text");
    open_metrics > 0.0 && open_metrics >= quality("text/plain")
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
