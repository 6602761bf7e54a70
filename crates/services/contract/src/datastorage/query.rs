//! A query of the trail.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::IntoParams;
use utoipa::openapi::Schema;

use crate::datastorage::{Category, Outcome, Severity};
use crate::page::PageRequest;
use crate::schema;

/// What a text is told that is no [`Moment`].
const FORM: &str = "must be a distance like 30m, 24h or 7d, or a time like \
    2026-01-31T12:00:00Z; in a query `+` is written as %2B";

/// The units of a distance: the length in seconds, and the largest number of
/// digits before it. A longer number would lie before the calendar.
const UNITS: [(char, u64, usize); 4] =
    [('s', 1, 10), ('m', 60, 8), ('h', 3600, 6), ('d', 86_400, 6)];

/// Filters and page of a query of the trail. Filters are combined with "and"; a
/// filter of `None` selects everything. Events come newest first, ties by id, the
/// larger one first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(min_length = 1, max_length = 100)]
    pub event_type: Option<String>,
    /// Only this category.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub event_category: Option<Category>,
    /// Only this outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub event_outcome: Option<Outcome>,
    /// Only this severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub severity: Option<Severity>,
    /// Only this remediation request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(min_length = 1, max_length = 255)]
    pub correlation_id: Option<String>,
    /// Only this kind of resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(min_length = 1, max_length = 100)]
    pub resource_type: Option<String>,
    /// Only this resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(min_length = 1, max_length = 255)]
    pub resource_id: Option<String>,
    /// Not before this moment: a distance from now (`90s`, `30m`, `24h`, `7d`)
    /// or RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(schema_with = moment_schema, required = false, example = "24h")]
    pub since: Option<Moment>,
    /// Before this moment, in the same forms. An event of exactly this moment
    /// is left out, so that windows that follow each other share no event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(schema_with = moment_schema, required = false, example = "2026-01-31T12:00:00Z")]
    pub until: Option<Moment>,
    /// How many events the page may have, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// How many events to skip, 0 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    pub offset: Option<u64>,
}

/// A point in time, absolute or relative to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// An absolute time.
    At(OffsetDateTime),
    /// This long ago, by the clock of DataStorage; in whole seconds.
    Ago(Duration),
}

impl EventQuery {
    /// All events of one remediation request.
    pub fn of_correlation(correlation_id: impl Into<String>) -> Self {
        Self { correlation_id: Some(correlation_id.into()), ..Self::default() }
    }

    /// The page that it asks for.
    #[must_use]
    pub fn page(&self) -> PageRequest {
        PageRequest::new(self.limit, self.offset)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(moment) => f.write_str(&moment.format(&Rfc3339).map_err(|_| fmt::Error)?),
            Self::Ago(distance) => write!(f, "{}s", distance.as_secs()),
        }
    }
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let distance = || {
            let unit = text.chars().next_back()?;
            let (_, seconds, digits) = UNITS.into_iter().find(|(name, ..)| *name == unit)?;
            let number = &text[..text.len() - 1];
            if number.len() > digits || !number.bytes().all(|digit| digit.is_ascii_digit()) {
                return None;
            }
            number.parse::<u64>().ok().map(|number| Duration::from_secs(number * seconds))
        };
        let time = || OffsetDateTime::parse(text, &Rfc3339).ok();
        distance().map(Self::Ago).or_else(|| time().map(Self::At)).ok_or(FORM)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The schema of what [`Moment`] is read from.
fn moment_schema() -> Schema {
    let distances = UNITS.map(|(unit, _, digits)| format!("[0-9]{{1,{digits}}}{unit}"));
    schema::from_json(json!({
        "oneOf": [
            { "type": "string", "pattern": format!("^({})$", distances.join("|")) },
            { "type": "string", "format": "date-time" },
        ],
        "x-message": FORM,
    }))
}
