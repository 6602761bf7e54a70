//! Reading the filters and the page of a list.

use contract::datastorage::{LabelPattern, Priority, Severity, WorkflowStatus};
use kit::{FromInput, Node, Page};
use utoipa::IntoParams;

use super::input::{wanted, wanted_word};

/// Which workflows to list. Filters are combined with "and". A label is
/// compared literally: `*` selects workflows whose label is `*`. The search
/// finds the workflows that fit a signal.
#[derive(Clone, Debug, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only versions of this workflow.
    #[param(min_length = 1, max_length = 63, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    pub name: Option<String>,
    /// Only with this status.
    pub status: Option<WorkflowStatus>,
    /// Only the latest version of each workflow, or only the others.
    pub is_latest: Option<bool>,
    /// Only with this label.
    #[param(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^(\*|[^*\x00]+)$")]
    pub signal_type: Option<LabelPattern<String>>,
    /// Only with this label: a severity or `*`.
    #[param(value_type = Option<String>, pattern = r"^(critical|high|medium|low|\*)$")]
    pub severity: Option<LabelPattern<Severity>>,
    /// Only with this label.
    #[param(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^(\*|[^*\x00]+)$")]
    pub component: Option<LabelPattern<String>>,
    /// Only with this label.
    #[param(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^(\*|[^*\x00]+)$")]
    pub environment: Option<LabelPattern<String>>,
    /// Only with this label: a priority or `*`.
    #[param(value_type = Option<String>, pattern = r"^(P0|P1|P2|P3|\*)$")]
    pub priority: Option<LabelPattern<Priority>>,
    /// The page of the selected workflows.
    #[param(ignore)]
    pub page: Page,
}

/// The page of a list without filters.
#[derive(Clone, Copy, Debug)]
pub struct PageOnly(pub Page);

impl Filter {
    /// A filter that selects the whole catalog.
    #[must_use]
    pub fn all(page: Page) -> Self {
        Self {
            name: None,
            status: None,
            is_latest: None,
            signal_type: None,
            severity: None,
            component: None,
            environment: None,
            priority: None,
            page,
        }
    }
}

impl FromInput for Filter {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(|object| {
            let name = object.optional("name", Node::label);
            let status = object.optional("status", |node| node.word(WorkflowStatus::WORDS));
            let is_latest = object.optional("is_latest", Node::boolean);
            let signal_type = object.optional("signal_type", wanted);
            let severity = object.optional("severity", |node| wanted_word(node, Severity::WORDS));
            let component = object.optional("component", wanted);
            let environment = object.optional("environment", wanted);
            let priority = object.optional("priority", |node| wanted_word(node, Priority::WORDS));
            let page = Page::fields(object);
            Some(Self {
                name: name?,
                status: status?,
                is_latest: is_latest?,
                signal_type: signal_type?,
                severity: severity?,
                component: component?,
                environment: environment?,
                priority: priority?,
                page: page?,
            })
        })
    }
}

impl FromInput for PageOnly {
    fn read(node: Node<'_>) -> Option<Self> {
        node.object(Page::fields).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_filter_is_read() {
        let filter: Filter = kit::check::from_text(&json!({
            "name": "restart-pod",
            "status": "archived",
            "is_latest": "false",
            "signal_type": "*",
            "severity": "*",
            "component": "pod",
            "environment": "production",
            "priority": "P3",
            "limit": "5",
            "offset": "6",
        }))
        .expect("a good query");
        let expected = Filter {
            name: Some("restart-pod".to_owned()),
            status: Some(WorkflowStatus::Archived),
            is_latest: Some(false),
            signal_type: Some(LabelPattern::Any),
            severity: Some(LabelPattern::Any),
            component: Some(LabelPattern::Only("pod".to_owned())),
            environment: Some(LabelPattern::Only("production".to_owned())),
            priority: Some(LabelPattern::Only(Priority::P3)),
            page: Page { limit: 5, offset: 6 },
        };
        assert_eq!(filter, expected);
        let empty: Filter = kit::check::from_text(&json!({})).expect("a good query");
        assert_eq!(empty, Filter::all(Page { limit: 100, offset: 0 }));
    }

    #[test]
    fn every_violation_is_listed() {
        let violations = kit::check::from_text::<Filter>(&json!({
            "name": "A",
            "status": "on",
            "is_latest": "yes",
            "signal_type": "OOM*",
            "severity": "warning",
            "component": "",
            "environment": "x".repeat(101),
            "priority": "p0",
            "limit": "0",
            "version": "1",
        }))
        .expect_err("a bad query");
        let lines: Vec<_> = violations
            .iter()
            .map(|violation| format!("{} {}", violation.field, violation.message))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        name must be a lower-case DNS label: a-z, 0-9 and '-', with no '-' at either end
        status must be one of active, disabled, deprecated, archived
        is_latest must be true or false
        signal_type must be one value without `*` in it, or `*` for any
        severity must be one of critical, high, medium, low, *
        component must have 1 to 100 characters
        environment must have 1 to 100 characters
        priority must be one of P0, P1, P2, P3, *
        limit must be a whole number from 1 to 1000
        version is not a known field
        ");
    }
}
