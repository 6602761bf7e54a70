//! Reading the filters and the page of a query.

use contract::datastorage::{Category, Outcome, Severity, to_microseconds};
use kit::{FromInput, Node, Page};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};
use utoipa::IntoParams;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};

/// What to read from the trail. Filters are combined with "and"; events come
/// newest first, ties by id, the larger one first.
#[derive(Clone, Debug, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// Only this type.
    #[param(min_length = 1, max_length = 100)]
    pub event_type: Option<String>,
    /// Only this category.
    pub event_category: Option<Category>,
    /// Only this outcome.
    pub event_outcome: Option<Outcome>,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// Only this remediation request.
    #[param(min_length = 1, max_length = 255)]
    pub correlation_id: Option<String>,
    /// Only this kind of resource.
    #[param(min_length = 1, max_length = 100)]
    pub resource_type: Option<String>,
    /// Only this resource.
    #[param(min_length = 1, max_length = 255)]
    pub resource_id: Option<String>,
    /// Not before this moment: a distance from now (`90s`, `30m`, `24h`, `7d`)
    /// or RFC 3339.
    #[param(schema_with = moment_schema, required = false, example = "24h")]
    pub since: Option<OffsetDateTime>,
    /// Before this moment, in the same forms. An event of exactly this moment
    /// is left out, so that windows that follow each other share no event.
    #[param(schema_with = moment_schema, required = false, example = "2026-01-31T12:00:00Z")]
    pub until: Option<OffsetDateTime>,
    /// The page of the selected events.
    #[param(ignore)]
    pub page: Page,
}

impl FromInput for Search {
    fn read(node: Node<'_>) -> Option<Self> {
        let now = OffsetDateTime::now_utc();
        node.object(|object| {
            let event_type = object.optional("event_type", |node| node.string(1..=100));
            let event_category =
                object.optional("event_category", |node| node.word(Category::WORDS));
            let event_outcome = object.optional("event_outcome", |node| node.word(Outcome::WORDS));
            let severity = object.optional("severity", |node| node.word(Severity::WORDS));
            let correlation_id = object.optional("correlation_id", |node| node.string(1..=255));
            let resource_type = object.optional("resource_type", |node| node.string(1..=100));
            let resource_id = object.optional("resource_id", |node| node.string(1..=255));
            let since =
                object.optional("since", |node| node.parse(1..=64, |text| moment(text, now)));
            let until =
                object.optional("until", |node| node.parse(1..=64, |text| moment(text, now)));
            let page = Page::fields(object);
            if let (Some(Some(since)), Some(Some(until))) = (since, until)
                && since > until
            {
                object.refuse::<()>("since", "must not be after until");
            }
            Some(Self {
                event_type: event_type?,
                event_category: event_category?,
                event_outcome: event_outcome?,
                severity: severity?,
                correlation_id: correlation_id?,
                resource_type: resource_type?,
                resource_id: resource_id?,
                since: since?,
                until: until?,
                page: page?,
            })
        })
    }
}

/// Reads `90s`, `30m`, `24h`, `7d` as a time before `now`, anything else as RFC
/// 3339. Stored times are whole microseconds, so a bound between two of them is
/// rounded up, which selects the same events. A time that lies beyond the
/// calendar in UTC becomes the end of the calendar.
fn moment(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
    const END: OffsetDateTime = PrimitiveDateTime::MAX.assume_utc();
    let moment = match distance(text) {
        Some(distance) => now.checked_sub(distance),
        None => OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .map(|moment| moment.checked_to_offset(UtcOffset::UTC).unwrap_or(END)),
    };
    let moment = moment.ok_or_else(|| {
        let hint = if text.contains(' ') { "; in a query `+` is written as %2B" } else { "" };
        format!("must be a distance like 30m, 24h or 7d, or a time like 2026-01-31T12:00:00Z{hint}")
    })?;
    let whole = to_microseconds(moment);
    if whole == moment {
        Ok(whole)
    } else {
        Ok(whole.checked_add(Duration::MICROSECOND).unwrap_or(END))
    }
}

/// The units of a distance: the length in seconds, and the largest number of
/// digits before it. A longer number would lie before the calendar.
const UNITS: [(char, i64, usize); 4] =
    [('s', 1, 10), ('m', 60, 8), ('h', 3600, 6), ('d', 86_400, 6)];

fn distance(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let (_, seconds, digits) = UNITS.into_iter().find(|(name, ..)| *name == unit)?;
    let number = &text[..text.len() - 1];
    if number.len() > digits || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok().map(|number| Duration::seconds(number * seconds))
}

/// The schema of what [`moment`] reads.
fn moment_schema() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let distances = UNITS.map(|(unit, _, digits)| format!("[0-9]{{1,{digits}}}{unit}"));
    let distance = text().pattern(Some(format!("^({})$", distances.join("|"))));
    let time = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    OneOfBuilder::new().item(distance).item(time).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    fn refused(query: serde_json::Value) -> Vec<String> {
        let violations = kit::check::from_text::<Search>(&query).expect_err("not a good query");
        violations
            .iter()
            .map(|violation| format!("{} {}", violation.field, violation.message))
            .collect()
    }

    #[test]
    fn an_empty_query_is_the_first_hundred() {
        let search = kit::check::from_text::<Search>(&json!({})).expect("a good query");
        assert_eq!(search.page, Page { limit: 100, offset: 0 });
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
        })).join("\n"), @r#"
        event_category must be one of gateway, notification, analysis, signalprocessing, workflow, orchestration, storage
        severity must be one of critical, high, medium, low
        since must be a distance like 30m, 24h or 7d, or a time like 2026-01-31T12:00:00Z
        until must be a distance like 30m, 24h or 7d, or a time like 2026-01-31T12:00:00Z; in a query `+` is written as %2B
        limit must be a whole number from 1 to 1000
        offset must be a whole number from 0 to 9223372036854775807
        colour is not a known field
        "#);
        insta::assert_snapshot!(refused(json!({
            "event_type": "",
            "event_outcome": "maybe",
            "since": "1h",
            "until": "2h",
            "limit": "1001",
            "offset": "9223372036854775808",
        })).join("\n"), @r#"
        event_type must have 1 to 100 characters
        event_outcome must be one of success, failure, pending
        limit must be a whole number from 1 to 1000
        offset must be a whole number from 0 to 9223372036854775807
        since must not be after until
        "#);
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
