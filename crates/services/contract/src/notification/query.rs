//! A query of notifications.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::Phase;

/// Filters and page of a list of notifications. A filter of `None` selects
/// everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NotificationQuery {
    /// Only those in this phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub phase: Option<Phase>,
    /// Only those with this correlation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(min_length = 1, max_length = 255)]
    pub correlation_id: Option<String>,
    /// The largest number of notifications, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// How many notifications to skip, 0 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 0, maximum = 1_000_000)]
    pub offset: Option<u32>,
}
