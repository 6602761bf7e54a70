//! Signals of alerts and events.

use std::collections::BTreeMap;

use contract::gateway::{Alert, EventType, KubernetesEvent};
use contract::signalprocessing::{Signal, SignalSeverity, Target};
use sha2::{Digest as _, Sha256};

/// The labels that name what is affected, the first one that is there.
const KINDS: [&str; 6] = ["pod", "deployment", "statefulset", "daemonset", "node", "service"];

/// The labels that name its namespace, the first one that is there.
const NAMESPACES: [&str; 2] = ["namespace", "exported_namespace"];

/// The namespace of what names none.
const DEFAULT_NAMESPACE: &str = "default";

/// Reasons of events that are critical.
const CRITICAL: [&str; 6] =
    ["OOMKilled", "NodeNotReady", "FailedScheduling", "Evicted", "FailedMount", "NetworkNotReady"];

/// What a signal's contract allows: how long texts may be, and how many there may
/// be.
const MAX_NAME: usize = 100;
const MAX_TARGET: usize = 253;
const MAX_KEY: usize = 317;
const MAX_LABEL: usize = 1000;
const MAX_ANNOTATION: usize = 10_000;
const MAX_TEXTS: usize = 100;

/// The signal of an alert.
///
/// # Errors
///
/// Why there is none, as the message of a violation.
pub fn of_alert(alert: &Alert) -> Result<Signal, String> {
    let label = |name: &str| alert.labels.get(name).filter(|value| !value.is_empty());
    let name = label("alertname").ok_or("must have a label alertname")?;
    let kind = KINDS.into_iter().find(|kind| label(kind).is_some());
    let kind = kind.ok_or_else(|| format!("must have one of the labels {}", KINDS.join(", ")))?;
    let namespace =
        NAMESPACES.into_iter().find_map(label).map_or(DEFAULT_NAMESPACE, String::as_str);
    let target = Target {
        namespace: namespace.to_owned(),
        kind: kind.to_owned(),
        name: label(kind).cloned().unwrap_or_default(),
    };
    for (what, text, limit) in [
        ("alertname", name, MAX_NAME),
        (kind, &target.name, MAX_TARGET),
        ("namespace", &target.namespace, MAX_TARGET),
    ] {
        if text.chars().count() > limit {
            return Err(format!("must have a label {what} of at most {limit} characters"));
        }
    }
    let severity = label("severity").and_then(|word| word.parse().ok());
    Ok(Signal {
        fingerprint: fingerprint(name, &target),
        name: name.clone(),
        severity: severity.unwrap_or(SignalSeverity::Warning),
        target,
        labels: fitted(&alert.labels, MAX_LABEL),
        annotations: fitted(&alert.annotations, MAX_ANNOTATION),
    })
}

/// The signal of an event.
#[must_use]
pub fn of_event(event: &KubernetesEvent) -> Signal {
    let object = &event.involved_object;
    let namespace = object.namespace.as_deref().filter(|name| !name.is_empty());
    let target = Target {
        namespace: namespace.unwrap_or(DEFAULT_NAMESPACE).to_owned(),
        kind: object.kind.to_lowercase(),
        name: object.name.clone(),
    };
    let is_critical = event.kind == EventType::Error || CRITICAL.contains(&event.reason.as_str());
    let message = event.message.iter().map(|text| ("message".to_owned(), text.clone()));
    Signal {
        fingerprint: fingerprint(&event.reason, &target),
        name: event.reason.clone(),
        severity: if is_critical { SignalSeverity::Critical } else { SignalSeverity::Warning },
        target,
        labels: BTreeMap::new(),
        annotations: message.collect(),
    }
}

/// What makes two signals the same.
fn fingerprint(name: &str, Target { namespace, kind, name: target }: &Target) -> String {
    let digest = Sha256::digest(format!("{name}:{namespace}:{kind}:{target}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Texts of whom a signal's contract allows so many, so long.
fn fitted(texts: &BTreeMap<String, String>, longest: usize) -> BTreeMap<String, String> {
    let texts = texts.iter().filter(|(key, _)| key.chars().count() <= MAX_KEY).take(MAX_TEXTS);
    texts.map(|(key, text)| (key.clone(), text.chars().take(longest).collect())).collect()
}

#[cfg(test)]
#[path = "signal_tests.rs"]
mod tests;
