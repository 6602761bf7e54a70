//! A query of the trail.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::datastorage::{Category, Outcome, Severity};

/// Filters and page of a query. A filter of `None` selects everything; the
/// default `limit` is 100.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
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
    /// Not before this moment.
    pub since: Option<Moment>,
    /// Before this moment.
    pub until: Option<Moment>,
    /// The largest number of events, 1 to 1000.
    pub limit: Option<u32>,
    /// How many events to skip.
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

    /// The names and values of the query string, not yet escaped.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("event_type", self.event_type.clone()),
            ("event_category", self.event_category.map(|category| category.to_string())),
            ("event_outcome", self.event_outcome.map(|outcome| outcome.to_string())),
            ("severity", self.severity.map(|severity| severity.to_string())),
            ("correlation_id", self.correlation_id.clone()),
            ("resource_type", self.resource_type.clone()),
            ("resource_id", self.resource_id.clone()),
            ("since", self.since.map(|since| since.to_string())),
            ("until", self.until.map(|until| until.to_string())),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("offset", self.offset.map(|offset| offset.to_string())),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
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
