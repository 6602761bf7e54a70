//! A batch of events as JSON, bounded in number and bytes.

use contract::datastorage::NewEvent;

/// One event as JSON. It is serialized once, so that every attempt sends the
/// same bytes.
#[derive(Debug)]
pub(super) struct EncodedEvent(String);

/// Events that are sent in one call.
#[derive(Debug, Default)]
pub(super) struct Batch {
    events: Vec<EncodedEvent>,
    bytes: usize,
}

impl EncodedEvent {
    pub(super) fn new(event: &NewEvent) -> Result<Self, serde_json::Error> {
        serde_json::to_string(event).map(Self)
    }
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether the body stays within `max_bytes` with this event. An empty
    /// batch accepts any event; DataStorage refuses one that is too large.
    pub(super) fn has_room_for(&self, event: &EncodedEvent, max_bytes: usize) -> bool {
        self.is_empty() || self.body_bytes() + 1 + event.0.len() <= max_bytes
    }

    pub(super) fn push(&mut self, event: EncodedEvent) {
        self.bytes += event.0.len();
        self.events.push(event);
    }

    /// The body of the call: a JSON array.
    pub(super) fn body(&self) -> String {
        let mut body = String::with_capacity(self.body_bytes());
        body.push('[');
        for (index, event) in self.events.iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            body.push_str(&event.0);
        }
        body.push(']');
        body
    }

    /// Removes the events at these positions, given in ascending order. Returns
    /// how many were removed.
    pub(super) fn remove(&mut self, positions: &[usize]) -> usize {
        let before = self.len();
        let mut index = 0;
        self.events.retain(|_| {
            let keep = positions.binary_search(&index).is_err();
            index += 1;
            keep
        });
        self.bytes = self.events.iter().map(|event| event.0.len()).sum();
        before - self.len()
    }

    /// The size of the body: brackets, events and commas.
    fn body_bytes(&self) -> usize {
        2 + self.bytes + self.events.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(events: &[&str]) -> Batch {
        let mut batch = Batch::default();
        for event in events {
            batch.push(EncodedEvent((*event).to_owned()));
        }
        batch
    }

    #[test]
    fn the_body_is_an_array_of_the_computed_size() {
        for events in [&[][..], &["{}"][..], &["{}", "{\"a\":1}", "3"][..]] {
            let batch = batch(events);
            assert_eq!(batch.body(), format!("[{}]", events.join(",")));
            assert_eq!(batch.body().len(), batch.body_bytes());
        }
    }

    #[test]
    fn room_is_computed_to_the_byte() {
        let batch = batch(&["11"]);
        // "[11,22]" has 7 bytes.
        assert!(batch.has_room_for(&EncodedEvent("22".to_owned()), 7));
        assert!(!batch.has_room_for(&EncodedEvent("22".to_owned()), 6));
    }

    #[test]
    fn an_empty_batch_accepts_an_oversized_event() {
        assert!(Batch::default().has_room_for(&EncodedEvent("123456".to_owned()), 3));
    }

    #[test]
    fn remove_ignores_positions_out_of_range() {
        let mut batch = batch(&["0", "1", "2", "3"]);
        assert_eq!(batch.remove(&[1, 3, 9]), 2);
        assert_eq!(batch.body(), "[0,2]");
        assert_eq!(batch.body().len(), batch.body_bytes());
    }
}
