//! The filters and the page of a query, with times in place of distances.

use contract::datastorage::{Category, EventQuery, Moment, Outcome, Severity, to_microseconds};
use kit::page::PageRequest;
use kit::{Violation, Violations};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// What to read from the trail. Filters are combined with "and".
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Only this type.
    pub event_type: Option<String>,
    /// Only this category.
    pub event_category: Option<Category>,
    /// Only this outcome.
    pub event_outcome: Option<Outcome>,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// Only this remediation request.
    pub correlation_id: Option<String>,
    /// Only this kind of resource.
    pub resource_type: Option<String>,
    /// Only this resource.
    pub resource_id: Option<String>,
    /// Not before this time.
    pub since: Option<OffsetDateTime>,
    /// Before this time.
    pub until: Option<OffsetDateTime>,
    /// The page of the selected events.
    pub page: PageRequest,
}

impl Search {
    /// What a query asks for, now.
    ///
    /// # Errors
    ///
    /// When it ends before it begins.
    pub fn of(query: EventQuery, now: OffsetDateTime) -> Result<Self, Vec<Violation>> {
        let page = query.page();
        let [since, until] =
            [query.since, query.until].map(|moment| moment.map(|moment| at(moment, now)));
        let mut violations = Violations::default();
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            violations.refuse("since", "must not be after until");
        }
        violations.or(Self {
            event_type: query.event_type,
            event_category: query.event_category,
            event_outcome: query.event_outcome,
            severity: query.severity,
            correlation_id: query.correlation_id,
            resource_type: query.resource_type,
            resource_id: query.resource_id,
            since,
            until,
            page,
        })
    }
}

/// The time of a moment. Stored times are whole microseconds, so a bound between
/// two of them is rounded up, which selects the same events. A time that lies
/// beyond the calendar in UTC becomes the end of the calendar.
fn at(moment: Moment, now: OffsetDateTime) -> OffsetDateTime {
    const BEGIN: OffsetDateTime = PrimitiveDateTime::MIN.assume_utc();
    const END: OffsetDateTime = PrimitiveDateTime::MAX.assume_utc();
    let moment = match moment {
        Moment::At(time) => time.checked_to_offset(UtcOffset::UTC).unwrap_or(END),
        Moment::Ago(distance) => Duration::try_from(distance)
            .ok()
            .and_then(|distance| now.checked_sub(distance))
            .unwrap_or(BEGIN),
    };
    let whole = to_microseconds(moment);
    if whole == moment { whole } else { whole.checked_add(Duration::MICROSECOND).unwrap_or(END) }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use kit::check::Schema;
    use proptest::prelude::*;
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    static QUERY: LazyLock<Schema> = LazyLock::new(Schema::of_query::<EventQuery>);

    fn read(query: serde_json::Value) -> Result<Search, Vec<Violation>> {
        QUERY.read_text(query).and_then(|query| Search::of(query, NOW))
    }

    fn refused(query: serde_json::Value) -> String {
        let violations = read(query).expect_err("not a good query");
        let lines: Vec<_> = violations
            .iter()
            .map(|violation| format!("{} {}", violation.field, violation.message))
            .collect();
        lines.join("\n")
    }

    /// The time that a text stands for, if the schema allows it.
    fn moment(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
        let query: EventQuery = QUERY
            .read_text(json!({ "since": text }))
            .map_err(|violations| violations[0].message.clone())?;
        Ok(at(query.since.expect("it was given"), now))
    }

    #[test]
    fn an_empty_query_is_the_first_hundred() {
        let search = read(json!({})).expect("a good query");
        assert_eq!(search.page, PageRequest { limit: 100, offset: 0 });
        assert_eq!(search.correlation_id, None);
    }

    #[test]
    fn every_violation_is_listed() {
        insta::assert_snapshot!(refused(json!({
            "event_category": "kitchen",
            "severity": "warning",
            "since": "yesterday",
            "until": "2026-01-31T12:00:00 01:00",
            "limit": "0",
            "offset": "-1",
            "colour": "red",
        })), @r"
        colour is not a known field
        event_category must be one of gateway, notification, analysis, signalprocessing, workflow, orchestration, storage
        limit must be a whole number from 1 to 1000
        offset must be a whole number from 0 to 9223372036854775807
        severity must be one of critical, high, medium, low
        since must be a distance like 30m, 24h or 7d, or a time like 2026-01-31T12:00:00Z; in a query `+` is written as %2B
        until must be a distance like 30m, 24h or 7d, or a time like 2026-01-31T12:00:00Z; in a query `+` is written as %2B
        ");
        insta::assert_snapshot!(refused(json!({
            "event_type": "",
            "event_outcome": "maybe",
            "limit": "1001",
            "offset": "9223372036854775808",
        })), @r"
        event_outcome must be one of success, failure, pending
        event_type must have 1 to 100 characters
        limit must be a whole number from 1 to 1000
        offset must be a whole number from 0 to 9223372036854775807
        ");
        insta::assert_snapshot!(refused(json!({ "since": "1h", "until": "2h" })), @"since must not be after until");
    }

    #[test]
    fn distances_count_back_from_now() {
        assert_eq!(moment("90s", NOW), Ok(datetime!(2026-01-31 11:58:30 UTC)));
        assert_eq!(moment("30m", NOW), Ok(datetime!(2026-01-31 11:30 UTC)));
        assert_eq!(moment("24h", NOW), Ok(datetime!(2026-01-30 12:00 UTC)));
        assert_eq!(moment("7d", NOW), Ok(datetime!(2026-01-24 12:00 UTC)));
        assert_eq!(moment("0s", NOW), Ok(NOW));
    }

    #[test]
    fn times_are_read_in_any_zone_and_moved_up_to_a_microsecond() {
        assert_eq!(moment("2026-01-31T13:00:00+01:00", NOW), Ok(NOW));
        assert_eq!(
            moment("2026-01-31T12:00:00.0000001Z", NOW),
            Ok(datetime!(2026-01-31 12:00:00.000001 UTC))
        );
    }

    #[test]
    fn the_end_of_the_calendar_is_a_bound_like_any_other() {
        let end = PrimitiveDateTime::MAX.assume_utc();
        assert_eq!(moment("9999-12-31T23:59:59-01:00", NOW), Ok(end));
        assert_eq!(moment("9999-12-31T23:59:59.9999999Z", NOW), Ok(end));
        assert!(moment("0000-01-01T00:00:00+23:59", NOW).is_ok());
        assert!(moment("999999d", NOW).is_ok());
    }

    #[test]
    fn text_that_is_neither_is_refused() {
        for text in ["", "h", "-1h", "1.5h", "1w", "٣h", "99999999999999999999d", "9999999999d"] {
            assert!(moment(text, NOW).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,70}") {
            let _ = moment(&text, NOW);
        }

        #[test]
        fn no_number_makes_it_panic(number in any::<u64>(), unit in "[smhd]") {
            let _ = moment(&format!("{number}{unit}"), NOW);
        }
    }
}
