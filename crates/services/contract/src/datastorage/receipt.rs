//! The acknowledgements of DataStorage.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// The answer to one event, which DataStorage has stored or spooled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
// Serde distinguishes the two by `status`, which only the first one has.
#[serde(untagged)]
pub enum Receipt {
    /// 202: the event is in the spool, on disk, and is stored later.
    Spooled(SpooledReceipt),
    /// 201: the event is stored.
    Stored(StoredReceipt),
}

/// The answer to an event that is in the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredReceipt {
    /// The event's id, the client's own if it sent one.
    pub event_id: Uuid,
    /// When DataStorage accepted the event, in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub recorded_at: OffsetDateTime,
}

/// The answer to an event that waits in the spool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpooledReceipt {
    /// The event's id, the client's own if it sent one.
    pub event_id: Uuid,
    /// Where the event is.
    pub status: SpoolStatus,
}

/// The answer to a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BatchReceipt {
    /// 202: all events are in the spool, on disk, and are stored later.
    Spooled(SpooledBatch),
    /// 201: all events are stored.
    Stored(StoredBatch),
}

/// The answer to a batch that is in the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredBatch {
    /// The ids of the events, in the order in which they were sent.
    #[schema(min_items = 1, max_items = 1000)]
    pub event_ids: Vec<Uuid>,
}

/// The answer to a batch that waits in the spool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpooledBatch {
    /// The ids of the events, in the order in which they were sent.
    #[schema(min_items = 1, max_items = 1000)]
    pub event_ids: Vec<Uuid>,
    /// Where the events are.
    pub status: SpoolStatus,
}

/// The status of events in the spool: on disk, and not stored in the trail yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SpoolStatus {
    /// It is in the spool.
    Spooled,
}

impl Receipt {
    /// The event's id, the client's own if it sent one.
    pub fn event_id(&self) -> Uuid {
        match self {
            Self::Spooled(receipt) => receipt.event_id,
            Self::Stored(receipt) => receipt.event_id,
        }
    }

    /// When DataStorage accepted the event; `None` for an event in the spool,
    /// whose answer does not say it.
    pub fn recorded_at(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Spooled(_) => None,
            Self::Stored(receipt) => Some(receipt.recorded_at),
        }
    }

    /// Whether the event is not in the trail yet.
    pub fn is_spooled(&self) -> bool {
        matches!(self, Self::Spooled(_))
    }
}

impl BatchReceipt {
    /// The ids of the events, in the order in which they were sent.
    pub fn event_ids(&self) -> &[Uuid] {
        match self {
            Self::Spooled(receipt) => &receipt.event_ids,
            Self::Stored(receipt) => &receipt.event_ids,
        }
    }

    /// Whether the events are not in the trail yet.
    pub fn is_spooled(&self) -> bool {
        matches!(self, Self::Spooled(_))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn stored_and_spooled_are_told_apart() {
        let id = Uuid::nil();
        let receipt = |value| serde_json::from_value::<Receipt>(value).expect("a receipt");
        let stored =
            receipt(json!({ "event_id": id, "recorded_at": "2026-01-02T03:04:05.000006Z" }));
        assert!(!stored.is_spooled(), "{stored:?}");
        assert_eq!(stored.recorded_at(), Some(datetime!(2026-01-02 03:04:05.000006 UTC)));
        let spooled = receipt(json!({ "event_id": id, "status": "spooled" }));
        assert!(spooled.is_spooled(), "{spooled:?}");
        assert_eq!((spooled.event_id(), spooled.recorded_at()), (id, None));

        let receipt = |value| serde_json::from_value::<BatchReceipt>(value).expect("a receipt");
        assert!(!receipt(json!({ "event_ids": [id] })).is_spooled());
        let spooled = receipt(json!({ "event_ids": [id], "status": "spooled" }));
        assert!(spooled.is_spooled(), "{spooled:?}");
        assert_eq!(spooled.event_ids(), [id]);
    }
}
