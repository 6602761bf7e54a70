//! The database selects the same events as the same filters in memory.

use contract::datastorage::{Category, Outcome, Severity};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::Value;
use testing::TestDatabase;

use super::tests::{event, everything, store};
use super::*;

/// The page and the total, computed in memory.
fn expected(events: &[NewEvent], search: &Search) -> (Vec<Uuid>, u64) {
    let same =
        |filter: &Option<String>, value: &Option<String>| filter.is_none() || filter == value;
    let mut selected: Vec<&NewEvent> = events
        .iter()
        .filter(|event| search.event_type.as_ref().is_none_or(|filter| *filter == event.event_type))
        .filter(|event| search.event_category.is_none_or(|filter| filter == event.event_category))
        .filter(|event| search.event_outcome.is_none_or(|filter| filter == event.event_outcome))
        .filter(|event| search.severity.is_none() || search.severity == event.severity)
        .filter(|event| {
            search.correlation_id.as_ref().is_none_or(|filter| *filter == event.correlation_id)
        })
        .filter(|event| same(&search.resource_type, &event.resource_type))
        .filter(|event| same(&search.resource_id, &event.resource_id))
        .filter(|event| search.since.is_none_or(|since| event.event_timestamp >= since))
        .filter(|event| search.until.is_none_or(|until| event.event_timestamp < until))
        .collect();
    selected.sort_by_key(|event| std::cmp::Reverse((event.event_timestamp, event.event_id)));
    let total = selected.len() as u64;
    let page =
        selected.into_iter().skip(search.page.offset as usize).take(search.page.limit as usize);
    (page.map(|event| event.event_id).collect(), total)
}

fn any_event() -> impl Strategy<Value = NewEvent> {
    (
        0..2_u8,
        prop::sample::select(vec![Category::Gateway, Category::Workflow]),
        prop::sample::select(vec![Outcome::Success, Outcome::Failure]),
        prop::option::of(prop::sample::select(vec![Severity::High, Severity::Low])),
        prop::option::of((0..2_u8, 0..2_u8)),
        0..4_i64,
    )
        .prop_map(|(kind, category, outcome, severity, resource, second)| {
            let new = event(&format!("rr-{kind}"), Value::Null);
            NewEvent {
                event_type: format!("type-{kind}"),
                event_category: category,
                event_outcome: outcome,
                severity,
                resource_type: resource.map(|numbers| format!("kind-{}", numbers.0)),
                resource_id: resource.map(|numbers| format!("id-{}", numbers.1)),
                event_timestamp: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(second),
                ..new
            }
        })
}

fn any_search() -> impl Strategy<Value = Search> {
    let moment = || {
        prop::option::of(
            (0..5_i64)
                .prop_map(|seconds| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds)),
        )
    };
    (
        (
            prop::option::of((0..2_u8).prop_map(|number| format!("type-{number}"))),
            prop::option::of(prop::sample::select(vec![Category::Gateway, Category::Workflow])),
            prop::option::of(prop::sample::select(vec![Outcome::Success, Outcome::Failure])),
            prop::option::of(prop::sample::select(vec![Severity::High, Severity::Low])),
            prop::option::of((0..2_u8).prop_map(|number| format!("rr-{number}"))),
        ),
        prop::option::of((0..2_u8).prop_map(|number| format!("kind-{number}"))),
        prop::option::of((0..2_u8).prop_map(|number| format!("id-{number}"))),
        (moment(), moment()),
        1..30_u32,
        0..30_u64,
    )
        .prop_map(|(first, resource_type, resource_id, (since, until), limit, offset)| {
            let (event_type, event_category, event_outcome, severity, correlation_id) = first;
            Search {
                event_type,
                event_category,
                event_outcome,
                severity,
                correlation_id,
                resource_type,
                resource_id,
                since,
                until,
                page: kit::page::PageRequest { limit, offset },
            }
        })
}

fn check(database: &TestDatabase, events: &[NewEvent], searches: &[Search]) -> TestCaseResult {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = store(database).await;
        store.record(events).await.expect("recorded");
        for search in searches.iter().chain([&everything()]) {
            let found = store.search(search).await.expect("found");
            let ids: Vec<_> = found.events.iter().map(|event| event.event.event_id).collect();
            prop_assert_eq!((ids, found.total), expected(events, search), "{:?}", search);
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn filters_order_and_page_are_as_in_memory_on_sqlite(
        events in prop::collection::vec(any_event(), 0..40),
        searches in prop::collection::vec(any_search(), 20),
    ) {
        check(&TestDatabase::sqlite(), &events, &searches)?;
    }

    #[test]
    fn filters_order_and_page_are_as_in_memory_on_postgres(
        events in prop::collection::vec(any_event(), 0..40),
        searches in prop::collection::vec(any_search(), 20),
    ) {
        check(&TestDatabase::postgres(), &events, &searches)?;
    }
}
