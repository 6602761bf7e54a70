//! Alerts, as Alertmanager posts them (webhook version 4).

use serde_json::{Value, json};

/// A group of alerts.
pub fn group(alerts: &[Value]) -> Value {
    json!({
        "version": "4", "groupKey": "{}:{alertname=\"Down\"}", "truncatedAlerts": 0,
        "status": "firing", "receiver": "gateway", "groupLabels": { "alertname": "Down" },
        "commonLabels": { "alertname": "Down" }, "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093", "alerts": alerts,
    })
}

/// A critical alert about a pod.
pub fn alert(name: &str, namespace: &str, pod: &str) -> Value {
    json!({
        "status": "firing",
        "labels": {
            "alertname": name, "severity": "critical", "namespace": namespace, "pod": pod,
        },
        "annotations": { "summary": "it is down" },
        "startsAt": "2026-01-31T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph", "fingerprint": "0123456789abcdef",
    })
}
