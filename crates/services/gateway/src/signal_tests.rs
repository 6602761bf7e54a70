//! What is made of alerts and events.

use serde_json::{Value, json};

use super::*;

fn alert(labels: Value) -> Alert {
    let alert = json!({ "status": "firing", "labels": labels, "startsAt": "whenever" });
    serde_json::from_value(alert).expect("an alert")
}

/// Severity, name and target of an alert with these labels, or why there is no signal.
fn told(labels: Value) -> String {
    match of_alert(&alert(labels)) {
        Ok(signal) => format!("{} {} of {}", signal.severity, signal.name, signal.target),
        Err(message) => message,
    }
}

#[test]
fn labels_say_what_is_affected() {
    let all = json!({
        "alertname": "Down", "severity": "critical", "service": "s", "node": "n", "daemonset": "d",
        "statefulset": "st", "deployment": "de", "pod": "p", "exported_namespace": "e",
        "namespace": "n",
    });
    let mut lines = vec![told(all.clone())];
    let mut labels = all.as_object().cloned().expect("labels");
    for label in ["pod", "deployment", "statefulset", "daemonset", "node", "namespace"] {
        labels.remove(label);
        lines.push(told(labels.clone().into()));
    }
    labels.insert("exported_namespace".to_owned(), "".into());
    labels.insert("severity".to_owned(), "page".into());
    lines.push(told(labels.clone().into()));
    labels.insert("service".to_owned(), "x".repeat(254).into());
    lines.push(told(labels.clone().into()));
    labels.remove("service");
    lines.push(told(labels.clone().into()));
    labels.remove("alertname");
    lines.push(told(labels.into()));
    insta::assert_snapshot!(lines.join("\n"), @"
    critical Down of n/pod/p
    critical Down of n/deployment/de
    critical Down of n/statefulset/st
    critical Down of n/daemonset/d
    critical Down of n/node/n
    critical Down of n/service/s
    critical Down of e/service/s
    warning Down of default/service/s
    must have a label service of at most 253 characters
    must have one of the labels pod, deployment, statefulset, daemonset, node, service
    must have a label alertname
    ");
}

#[test]
fn a_fingerprint_is_of_name_and_target_alone() {
    let of = |labels| of_alert(&alert(labels)).expect("a signal").fingerprint;
    let one = of(json!({ "alertname": "Down", "pod": "cart-0", "namespace": "shop", "a": "1" }));
    // `printf Down:shop:pod:cart-0 | sha256sum`
    assert_eq!(one, "a29375aae47116022999a92414e108f8d49f473fdc716c0d98cdb11b8106e9d9");
    let other = json!({ "alertname": "Down", "pod": "cart-0", "namespace": "shop", "a": "2" });
    assert_eq!(of(other), one);
    let event = json!({
        "type": "Warning", "reason": "Down",
        "involvedObject": { "kind": "Pod", "name": "cart-0", "namespace": "shop" },
    });
    assert_eq!(of_event(&serde_json::from_value(event).expect("an event")).fingerprint, one);
}

#[test]
fn an_event_is_critical_by_its_type_or_reason() {
    let of = |kind: &str, reason: &str| {
        let event = json!({
            "type": kind, "reason": reason, "message": "m",
            "involvedObject": { "kind": "StatefulSet", "name": "cart" },
        });
        let signal = of_event(&serde_json::from_value(event).expect("an event"));
        assert_eq!(signal.annotations["message"], "m");
        format!("{} of {}", signal.severity, signal.target)
    };
    assert_eq!(of("Warning", "BackOff"), "warning of default/statefulset/cart");
    assert_eq!(of("Warning", "Evicted"), "critical of default/statefulset/cart");
    assert_eq!(of("Error", "BackOff"), "critical of default/statefulset/cart");
}

#[test]
fn what_is_longer_than_a_signal_may_be_is_cut() {
    let mut labels: BTreeMap<_, _> =
        (0..150).map(|number| (format!("z{number:03}"), "v".repeat(1001))).collect();
    labels.insert("a".repeat(318), "v".to_owned());
    labels.insert("alertname".to_owned(), "Down".to_owned());
    labels.insert("pod".to_owned(), "cart-0".to_owned());
    let signal = of_alert(&alert(json!(labels))).expect("a signal");
    assert_eq!((signal.labels.len(), signal.labels["z000"].len()), (100, 1000));
    assert_eq!(signal.labels["alertname"], "Down");
}
