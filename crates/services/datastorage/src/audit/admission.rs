//! Which events of a request are new, already stored or refused.
//!
//! The decision is the same for every database, and all of it can be tested
//! without one.

use std::collections::{HashMap, HashSet};

use contract::datastorage::{Event, NewEvent};
use time::OffsetDateTime;
use uuid::Uuid;

/// How one event is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is stored now.
    New,
    /// It was stored before, at this time.
    Stored(OffsetDateTime),
    /// It is the same as an earlier one of this request, which is new.
    Repeated,
}

/// Why a request is refused as a whole. Positions count from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejection {
    /// Events whose parent is neither stored nor earlier in the request.
    pub without_parent: Vec<usize>,
    /// Events whose id belongs to a different event.
    pub conflicting: Vec<usize>,
}

/// The stored events that a request refers to.
#[derive(Clone, Debug, Default)]
pub struct StoredEvents {
    /// Stored events with the id of an event of the request.
    pub events: HashMap<Uuid, Event>,
    /// Those of the parents in the request that are stored.
    pub parents: HashSet<Uuid>,
}

impl StoredEvents {
    /// Adds an event that has just been stored, for the requests after it.
    pub fn add(&mut self, event: &NewEvent, recorded_at: OffsetDateTime) {
        self.parents.insert(event.event_id);
        self.events.insert(event.event_id, Event { event: event.clone(), recorded_at });
    }
}

/// Refuses events that are invalid whatever is stored: an event that is its own
/// parent, and two different events with one id. This needs no database.
///
/// # Errors
/// Every event that is refused.
pub fn check_alone(events: &[NewEvent]) -> Result<(), Rejection> {
    let own: HashSet<Uuid> = events
        .iter()
        .filter(|event| event.parent_event_id == Some(event.event_id))
        .map(|event| event.event_id)
        .collect();
    let parents = events.iter().filter_map(|event| event.parent_event_id);
    let parents = parents.filter(|parent| !own.contains(parent)).collect();
    admit(events, &StoredEvents { events: HashMap::new(), parents }).map(|_| ())
}

/// Decides about the events of one request, which are stored all or none.
///
/// # Errors
/// Every event that is refused.
pub fn admit(events: &[NewEvent], stored: &StoredEvents) -> Result<Vec<Admission>, Rejection> {
    let mut earlier: HashMap<Uuid, &NewEvent> = HashMap::new();
    let mut admissions = Vec::with_capacity(events.len());
    let mut rejection = Rejection::default();
    for (position, event) in events.iter().enumerate() {
        let admission = match (stored.events.get(&event.event_id), earlier.get(&event.event_id)) {
            (Some(stored), _) if stored.event == *event => Admission::Stored(stored.recorded_at),
            (None, Some(same)) if *same == event => Admission::Repeated,
            (None, None) => Admission::New,
            _ => {
                rejection.conflicting.push(position);
                continue;
            }
        };
        let parent_is_there = event
            .parent_event_id
            .is_none_or(|parent| stored.parents.contains(&parent) || earlier.contains_key(&parent));
        if admission == Admission::New && !parent_is_there {
            rejection.without_parent.push(position);
        }
        earlier.insert(event.event_id, event);
        admissions.push(admission);
    }
    if rejection == Rejection::default() { Ok(admissions) } else { Err(rejection) }
}

#[cfg(test)]
mod tests {
    use contract::datastorage::{Category, Essentials, Outcome};
    use serde_json::json;

    use super::*;

    fn event(number: u128) -> NewEvent {
        let essentials = Essentials {
            event_type: "t",
            category: Category::Storage,
            action: "a",
            outcome: Outcome::Success,
            correlation_id: "c",
            data: json!(1),
        };
        NewEvent { event_id: Uuid::from_u128(number), ..NewEvent::new(essentials) }
    }

    fn stored(events: &[&NewEvent]) -> StoredEvents {
        let recorded_at = OffsetDateTime::UNIX_EPOCH;
        let events = events
            .iter()
            .map(|event| (event.event_id, Event { event: (*event).clone(), recorded_at }))
            .collect();
        StoredEvents { events, parents: HashSet::new() }
    }

    #[test]
    fn a_stored_event_keeps_its_time_and_a_new_one_is_new() {
        let old = event(1);
        let admissions = admit(&[old.clone(), event(2)], &stored(&[&old])).expect("admitted");
        assert_eq!(admissions, [Admission::Stored(OffsetDateTime::UNIX_EPOCH), Admission::New]);
    }

    #[test]
    fn the_same_event_twice_in_a_request_is_stored_once() {
        let new = event(1);
        let admissions = admit(&[new.clone(), new], &StoredEvents::default()).expect("admitted");
        assert_eq!(admissions, [Admission::New, Admission::Repeated]);
    }

    #[test]
    fn one_id_for_two_events_is_a_conflict_stored_or_not() {
        let old = event(1);
        let other = NewEvent { event_action: "b".to_owned(), ..old.clone() };
        let rejection = admit(&[event(2), other.clone()], &stored(&[&old])).expect_err("refused");
        assert_eq!(rejection.conflicting, [1]);
        let rejection =
            admit(&[old, event(2), other], &StoredEvents::default()).expect_err("refused");
        assert_eq!(rejection.conflicting, [2]);
    }

    #[test]
    fn a_parent_is_stored_or_comes_earlier() {
        let parent = event(1);
        let child = event(2).with_parent(parent.event_id);
        assert!(admit(&[parent.clone(), child.clone()], &StoredEvents::default()).is_ok());

        let rejection = admit(&[child.clone(), parent.clone()], &StoredEvents::default());
        assert_eq!(rejection.expect_err("refused").without_parent, [0]);

        let mut stored = StoredEvents::default();
        stored.parents.insert(parent.event_id);
        assert!(admit(std::slice::from_ref(&child), &stored).is_ok());
    }

    #[test]
    fn an_event_is_not_its_own_parent() {
        let own = event(1);
        let own = own.clone().with_parent(own.event_id);
        assert_eq!(
            admit(&[own], &StoredEvents::default()).expect_err("refused").without_parent,
            [0]
        );
    }

    #[test]
    fn what_was_stored_a_moment_ago_counts_as_stored() {
        let (first, second) = (event(1), event(2).with_parent(Uuid::from_u128(1)));
        let mut stored = StoredEvents::default();
        stored.add(&first, OffsetDateTime::UNIX_EPOCH);
        let admissions = admit(&[first.clone(), second], &stored).expect("admitted");
        assert_eq!(admissions, [Admission::Stored(OffsetDateTime::UNIX_EPOCH), Admission::New]);

        let other = NewEvent { event_action: "b".to_owned(), ..first };
        assert_eq!(admit(&[other], &stored).expect_err("refused").conflicting, [0]);
    }

    #[test]
    fn without_a_database_only_invalid_events_are_refused() {
        let twice = event(1);
        let anywhere = event(2).with_parent(Uuid::from_u128(99));
        let later = event(3).with_parent(Uuid::from_u128(4));
        let plausible = [twice.clone(), twice.clone(), anywhere, later, event(4)];
        assert_eq!(check_alone(&plausible), Ok(()));

        let own = event(5).with_parent(Uuid::from_u128(5));
        let child = event(6).with_parent(Uuid::from_u128(5));
        let rejection = check_alone(&[event(1), own, child]).expect_err("refused");
        assert_eq!(rejection.without_parent, [1]);

        let other = NewEvent { event_action: "b".to_owned(), ..twice.clone() };
        assert_eq!(check_alone(&[twice, other]).expect_err("refused").conflicting, [1]);
    }

    #[test]
    fn everything_that_stands_in_the_way_is_listed() {
        let old = event(1);
        let other = NewEvent { event_action: "b".to_owned(), ..old.clone() };
        let orphan = |number| event(number).with_parent(Uuid::from_u128(99));
        let rejection =
            admit(&[orphan(2), other, event(3), orphan(4)], &stored(&[&old])).expect_err("refused");
        assert_eq!(rejection, Rejection { without_parent: vec![0, 3], conflicting: vec![1] });
    }
}
