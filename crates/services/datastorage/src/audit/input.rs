//! Reading an event from a request.

use contract::datastorage::{Category, NewEvent, Outcome, Severity, VERSION, to_microseconds};
use kit::{FromInput, Node};
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

/// How far an event may lie in the future, by our clock.
const MAX_AHEAD: Duration = Duration::minutes(5);

/// How old an event may be.
const MAX_AGE: Duration = Duration::days(7);

/// How many bytes `event_data` may have, as JSON without spaces.
const MAX_DATA_BYTES: usize = 64 * 1024;

/// How deep `event_data` may be nested. Readers give up at 128 levels
/// (`serde_json`), and an answer wraps the data in some of its own.
const MAX_DATA_DEPTH: usize = 100;

/// How many events a batch may have.
const MAX_BATCH: usize = 1000;

/// The rules for an event that its schema cannot express; see
/// [`kit::document::RULES`].
pub const RULES: [&str; 4] = [
    "event_timestamp must be at most",
    "event_data must be nested at most",
    "event_data must have at most",
    "parent_event_id must be the id of an event that is stored",
];

/// One event of a request, with an id.
#[derive(Clone, Debug)]
pub struct EventInput(pub NewEvent);

/// 1 to 1000 events of a request.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = EventBatch, min_items = 1, max_items = 1000)]
pub struct BatchInput(pub Vec<NewEvent>);

impl FromInput for EventInput {
    fn read(node: Node<'_>) -> Option<Self> {
        // `null` is valid data, but the checks treat it as absent.
        let has_data = node.value().get("event_data").is_some();
        let now = OffsetDateTime::now_utc();
        node.object(|object| {
            let version = object.required("version", |node| node.one_of(&[(VERSION, VERSION)]));
            let event_id = object.optional("event_id", Node::uuid);
            let event_type = object.required("event_type", |node| node.string(1..=100));
            let event_timestamp = object.required("event_timestamp", |node| moment(node, now));
            let event_category =
                object.required("event_category", |node| node.word(Category::WORDS));
            let event_action = object.required("event_action", |node| node.string(1..=50));
            let event_outcome = object.required("event_outcome", |node| node.word(Outcome::WORDS));
            let correlation_id = object.required("correlation_id", |node| node.string(1..=255));
            let event_data =
                object.optional("event_data", |node| node.json(MAX_DATA_BYTES, MAX_DATA_DEPTH));
            if !has_data {
                object.refuse::<()>("event_data", "is required");
            }
            let parent_event_id = object.optional("parent_event_id", Node::uuid);
            let actor_type = object.optional("actor_type", |node| node.string(1..=50));
            let actor_id = object.optional("actor_id", |node| node.string(1..=255));
            let resource_type = object.optional("resource_type", |node| node.string(1..=100));
            let resource_id = object.optional("resource_id", |node| node.string(1..=255));
            let namespace = object.optional("namespace", |node| node.string(1..=253));
            let cluster_name = object.optional("cluster_name", |node| node.string(1..=255));
            let severity = object.optional("severity", |node| node.word(Severity::WORDS));
            let duration_ms = object.optional("duration_ms", |node| node.integer(0..=i64::MAX));
            Some(Self(NewEvent {
                version: version?.to_owned(),
                event_id: event_id?.unwrap_or_else(Uuid::now_v7),
                event_type: event_type?,
                event_timestamp: event_timestamp?,
                event_category: event_category?,
                event_action: event_action?,
                event_outcome: event_outcome?,
                correlation_id: correlation_id?,
                event_data: event_data?.unwrap_or(Value::Null),
                parent_event_id: parent_event_id?,
                actor_type: actor_type?,
                actor_id: actor_id?,
                resource_type: resource_type?,
                resource_id: resource_id?,
                namespace: namespace?,
                cluster_name: cluster_name?,
                severity: severity?,
                duration_ms: duration_ms?,
            }))
        })
    }
}

impl FromInput for BatchInput {
    fn read(node: Node<'_>) -> Option<Self> {
        node.array(1..=MAX_BATCH, |node| EventInput::read(node).map(|input| input.0)).map(Self)
    }
}

fn moment(node: Node<'_>, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let at = node.clone();
    let moment = node.timestamp()?;
    match check_age(moment, now) {
        Ok(()) => Some(to_microseconds(moment)),
        Err(message) => at.refuse(message),
    }
}

fn check_age(moment: OffsetDateTime, now: OffsetDateTime) -> Result<(), &'static str> {
    if moment - now > MAX_AHEAD {
        return Err("must be at most 5 minutes ahead of DataStorage's clock");
    }
    if now - moment > MAX_AGE {
        return Err("must be at most 7 days old");
    }
    Ok(())
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
