//! The refusal of a change of anything but a version's status.

use kit::{Problem, Violation};

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

/// Says of fields that exist but never change why they are refused.
pub(super) fn explain(problem: Problem) -> Problem {
    if problem.errors().is_empty() {
        return problem;
    }
    let explained = problem.errors().iter().map(|Violation { field, message }| {
        let is_fixed = FIXED.contains(&field.as_str());
        let message = if is_fixed { "cannot be changed; it needs a new version" } else { message };
        Violation { field: field.clone(), message: message.to_owned() }
    });
    Problem::validation(explained.collect())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use contract::datastorage::{StatusChange, WorkflowStatus, WorkflowSummary};
    use kit::check::Schema;
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::testing::{lines, sent, stored, workflow};

    static CHANGE: LazyLock<Schema> = LazyLock::new(Schema::of::<StatusChange>);

    fn refused(body: Value) -> String {
        let violations = CHANGE.read::<StatusChange>(body).expect_err("the body breaks rules");
        lines(explain(Problem::validation(violations)).errors())
    }

    #[test]
    fn a_status_comes_with_a_reason() {
        let body = json!({ "status": "disabled", "status_reason": "it loops" });
        let change: StatusChange = CHANGE.read(body).expect("a good change");
        assert_eq!(change.status, WorkflowStatus::Disabled);
        assert_eq!(change.status_reason, "it loops");
        insta::assert_snapshot!(refused(json!({})), @r"
        status is required
        status_reason is required
        ");
        insta::assert_snapshot!(
            refused(json!({ "status": "off", "status_reason": "", "why": null })),
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
                assert_eq!(refused(body), expected);
            }
        }
    }
}
