//! The database selects the same workflows as the same filters in memory.

use contract::datastorage::{
    LabelPattern, Labels, Priority, Severity, StatusChange, WorkflowQuery, WorkflowSearch,
    WorkflowStatus, WorkflowSummary,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::json;
use testing::TestDatabase;
use uuid::Uuid;

use super::tests::create;
use crate::catalog::testing::{everything, search, sent, signal, with};
use crate::testing::store;

/// Whether a search selects a workflow, computed in memory.
fn fits(labels: &Labels, signal: &WorkflowSearch) -> bool {
    fn fits<T: PartialEq>(wanted: &LabelPattern<T>, value: &T) -> bool {
        wanted.only().is_none_or(|wanted| wanted == value)
    }
    fits(&labels.signal_type, &signal.signal_type)
        && fits(&labels.severity, &signal.severity)
        && fits(&labels.component, &signal.component)
        && fits(&labels.environment, &signal.environment)
        && fits(&labels.priority, &signal.priority)
}

/// Whether a list selects a workflow, computed in memory.
fn selects(filter: &WorkflowQuery, workflow: &WorkflowSummary) -> bool {
    fn same<T: PartialEq>(filter: &Option<T>, value: &T) -> bool {
        filter.as_ref().is_none_or(|filter| filter == value)
    }
    let labels = &workflow.definition.labels;
    same(&filter.name, &workflow.definition.name)
        && same(&filter.status, &workflow.status)
        && same(&filter.is_latest, &workflow.is_latest)
        && same(&filter.signal_type, &labels.signal_type)
        && same(&filter.severity, &labels.severity)
        && same(&filter.component, &labels.component)
        && same(&filter.environment, &labels.environment)
        && same(&filter.priority, &labels.priority)
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned)
}

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(vec![Severity::High, Severity::Low])
}

fn priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(vec![Priority::P0, Priority::P3])
}

fn status() -> impl Strategy<Value = WorkflowStatus> {
    prop::sample::select(vec![WorkflowStatus::Active, WorkflowStatus::Disabled])
}

fn wanted<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = LabelPattern<T>> {
    prop_oneof![Just(LabelPattern::Any), value.prop_map(LabelPattern::Only)]
}

fn any_labels() -> impl Strategy<Value = Labels> {
    (wanted(text()), wanted(severity()), wanted(text()), wanted(text()), wanted(priority()))
        .prop_map(|(signal_type, severity, component, environment, priority)| Labels {
            signal_type,
            severity,
            component,
            environment,
            priority,
        })
}

fn any_signal() -> impl Strategy<Value = WorkflowSearch> {
    (text(), severity(), text(), text(), priority()).prop_map(
        |(signal_type, severity, component, environment, priority)| WorkflowSearch {
            signal_type,
            severity,
            component,
            environment,
            priority,
            ..search(&signal())
        },
    )
}

fn any_filter() -> impl Strategy<Value = WorkflowQuery> {
    let by_label = (
        prop::option::of(wanted(text())),
        prop::option::of(wanted(severity())),
        prop::option::of(wanted(text())),
        prop::option::of(wanted(text())),
        prop::option::of(wanted(priority())),
    );
    let page = (1..30_u32, 0..20_u64);
    let name = prop::option::of(prop::sample::select(vec!["w0", "w1"]));
    (name, prop::option::of(status()), prop::option::of(any::<bool>()), by_label, page).prop_map(
        |(name, status, is_latest, labels, (limit, offset))| {
            let (signal_type, severity, component, environment, priority) = labels;
            WorkflowQuery {
                name: name.map(str::to_owned),
                status,
                is_latest,
                signal_type,
                severity,
                component,
                environment,
                priority,
                limit: Some(limit),
                offset: Some(offset),
            }
        },
    )
}

fn check(
    database: &TestDatabase,
    versions: Vec<(u8, Labels, WorkflowStatus)>,
    signals: &[WorkflowSearch],
    filters: &[WorkflowQuery],
) -> TestCaseResult {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = store(database).await;
        let mut all: Vec<WorkflowSummary> = Vec::new();
        for (number, (name, labels, status)) in versions.into_iter().enumerate() {
            let sent = sent(&format!("w{name}"), &number.to_string());
            let created = create(&store, &with(sent, "labels", json!(labels))).await;
            let change = StatusChange { status, status_reason: "x".to_owned() };
            let id = created.summary.workflow_id;
            let changed = store.set_workflow_status(id, &change, "req-1").await.expect("an answer");
            let changed = changed.expect("there").summary;
            for older in all
                .iter_mut()
                .filter(|workflow| workflow.definition.name == changed.definition.name)
            {
                older.is_latest = false;
            }
            all.insert(0, changed);
        }
        let ids = |selected: &[WorkflowSummary]| -> Vec<Uuid> {
            selected.iter().map(|workflow| workflow.workflow_id).collect()
        };
        for signal in signals {
            let expected: Vec<_> = all
                .iter()
                .filter(|workflow| workflow.is_latest && workflow.status == WorkflowStatus::Active)
                .filter(|workflow| fits(&workflow.definition.labels, signal))
                .cloned()
                .collect();
            let found = store.workflows_for(signal).await.expect("found");
            prop_assert_eq!(ids(&found), ids(&expected), "{:?}", signal);
        }
        for filter in filters.iter().chain([&everything()]) {
            let selected: Vec<_> =
                all.iter().filter(|workflow| selects(filter, workflow)).cloned().collect();
            let (skip, take) = (filter.page().offset as usize, filter.page().limit as usize);
            let page: Vec<_> = selected.iter().skip(skip).take(take).cloned().collect();
            let listed = store.workflows(filter).await.expect("listed");
            prop_assert_eq!(listed.total, selected.len() as u64, "{:?}", filter);
            prop_assert_eq!(listed.workflows, page, "{:?}", filter);
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_database_selects_and_orders_as_memory_does_on_sqlite(
        versions in prop::collection::vec((0..6_u8, any_labels(), status()), 0..25),
        signals in prop::collection::vec(any_signal(), 15),
        filters in prop::collection::vec(any_filter(), 15),
    ) {
        check(&TestDatabase::sqlite(), versions, &signals, &filters)?;
    }

    #[test]
    fn the_database_selects_and_orders_as_memory_does_on_postgres(
        versions in prop::collection::vec((0..6_u8, any_labels(), status()), 0..25),
        signals in prop::collection::vec(any_signal(), 15),
        filters in prop::collection::vec(any_filter(), 15),
    ) {
        check(&TestDatabase::postgres(), versions, &signals, &filters)?;
    }
}
