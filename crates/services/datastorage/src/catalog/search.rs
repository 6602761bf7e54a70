//! Reading the signal of a search from a request.

use contract::datastorage::{Priority, Severity, WorkflowSearch};
use kit::{FromInput, Node};

use super::input::{value, value_labels};

/// How many workflows a search returns if the request does not say.
const DEFAULT_TOP_K: u32 = 10;

/// How many workflows a search may return.
const MAX_TOP_K: i64 = 100;

/// The search of a request.
#[derive(Clone, Debug)]
pub struct SearchInput(pub WorkflowSearch);

impl FromInput for SearchInput {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let signal_type = object.required("signal_type", value);
            let severity = object.required("severity", |node| node.word(Severity::WORDS));
            let component = object.required("component", value);
            let environment = object.required("environment", value);
            let priority = object.required("priority", |node| node.word(Priority::WORDS));
            let custom_labels = object.optional("custom_labels", value_labels);
            let detected_labels = object.optional("detected_labels", value_labels);
            let min_score = object.optional("min_score", |node| node.number(0.0..=1.0));
            let top_k = object.optional("top_k", |node| node.integer(1..=MAX_TOP_K));
            let correlation_id = object.optional("correlation_id", |node| node.string(1..=255));
            let top_k = top_k?.map(u32::try_from).transpose().ok()?;
            Some(Self(WorkflowSearch {
                signal_type: signal_type?,
                severity: severity?,
                component: component?,
                environment: environment?,
                priority: priority?,
                custom_labels: custom_labels?.unwrap_or_default(),
                detected_labels: detected_labels?.unwrap_or_default(),
                min_score: Some(min_score?.unwrap_or(0.0)),
                top_k: Some(top_k.unwrap_or(DEFAULT_TOP_K)),
                correlation_id: correlation_id?,
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::testing::{refused, search, signal};

    #[test]
    fn five_labels_are_enough_for_the_ten_best() {
        let search = search(&signal());
        assert_eq!((search.min_score, search.top_k), (Some(0.0), Some(10)));
        assert_eq!(search.correlation_id, None);
    }

    #[test]
    fn every_violation_is_listed() {
        insta::assert_snapshot!(refused::<SearchInput>(&json!({
            "signal_type": "*",
            "severity": "*",
            "component": "x".repeat(101),
            "priority": "P4",
            "custom_labels": { "team": "*", "x": 1 },
            "detected_labels": { "y": "x".repeat(64) },
            "min_score": 1.1,
            "top_k": 101,
            "correlation_id": "",
            "limit": 1,
        })), @r"
        signal_type must not contain `*`
        severity must be one of critical, high, medium, low
        component must have 1 to 100 characters
        environment is required
        priority must be one of P0, P1, P2, P3
        custom_labels.team must not contain `*`
        custom_labels.x must be a string
        detected_labels.y must have 1 to 63 characters
        min_score must be a number from 0 to 1
        top_k must be a whole number from 1 to 100
        correlation_id must have 1 to 255 characters
        limit is not a known field
        ");
    }
}
