//! Reading a status change of a version from a request.

use contract::datastorage::{StatusChange, WorkflowStatus};
use kit::{FromInput, Node};

/// The fields of a version that never change.
const FIXED: [&str; 19] = [
    "workflow_id",
    "name",
    "version",
    "title",
    "description",
    "owner",
    "maintainer",
    "container_image",
    "container_digest",
    "labels",
    "custom_labels",
    "detected_labels",
    "parameters",
    "content",
    "content_hash",
    "is_latest",
    "previous_version",
    "created_at",
    "updated_at",
];

/// The status change of a request.
#[derive(Clone, Debug)]
pub struct ChangeInput(pub StatusChange);

impl FromInput for ChangeInput {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let status = object.required("status", |node| node.word(WorkflowStatus::WORDS));
            let status_reason = object.required("status_reason", |node| node.string(1..=500));
            for name in FIXED {
                object.forbidden(name, "cannot be changed; it needs a new version");
            }
            Some(Self(StatusChange { status: status?, status_reason: status_reason? }))
        })
    }
}

#[cfg(test)]
mod tests {
    use contract::datastorage::WorkflowSummary;
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::testing::{refused, sent, stored, workflow};

    #[test]
    fn a_status_comes_with_a_reason() {
        let body = json!({ "status": "disabled", "status_reason": "it loops" });
        let ChangeInput(change) = kit::check::from_json(&body).expect("a good change");
        assert_eq!(change.status, WorkflowStatus::Disabled);
        assert_eq!(change.status_reason, "it loops");
        insta::assert_snapshot!(refused::<ChangeInput>(&json!({})), @r"
        status is required
        status_reason is required
        ");
        insta::assert_snapshot!(
            refused::<ChangeInput>(&json!({ "status": "off", "status_reason": "", "why": null })),
            @r"
        status must be one of active, disabled, deprecated, archived
        status_reason must have 1 to 500 characters
        why is not a known field
        "
        );
    }

    #[test]
    fn every_other_field_of_a_version_needs_a_new_version() {
        let full = |mut summary: WorkflowSummary| {
            let some = || Some("x".to_owned());
            summary.definition.owner = some();
            summary.definition.maintainer = some();
            summary.definition.container_image = some();
            summary.definition.container_digest = some();
            summary.previous_version = some();
            serde_json::to_value(summary).expect("serializable")
        };
        let mut version = full(stored(workflow(&sent("w", "1")).definition));
        version["content"] = json!([]);
        for field in version.as_object().expect("an object").keys() {
            if field == "status" || field == "status_reason" {
                continue;
            }
            for value in [version[field].clone(), Value::Null] {
                let body = json!({ "status": "active", "status_reason": "x", field: value });
                let expected = format!("{field} cannot be changed; it needs a new version");
                assert_eq!(refused::<ChangeInput>(&body), expected);
            }
        }
    }
}
