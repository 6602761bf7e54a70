//! Calls of the service that several tests make.

use contract::datastorage::{CreateEvent, Event, EventQuery, GetEvent, ListEvents, NewEvent};
use contract::datastorage::{EventPage, Receipt};
use kit::{Peer, PeerError};
use uuid::Uuid;

pub(crate) async fn create(client: &Peer, event: &NewEvent) -> Result<Receipt, PeerError> {
    client.call::<CreateEvent>().body(event).send().await
}

/// One event, or `None` if there is none with this id.
pub(crate) async fn get(client: &Peer, id: Uuid) -> Result<Option<Event>, PeerError> {
    match client.call::<GetEvent>().path(&[&id.to_string()]).send().await {
        Ok(event) => Ok(Some(event)),
        Err(PeerError::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A page of the events of `rr-1`, newest first.
pub(crate) async fn page(client: &Peer, limit: u32, offset: usize) -> EventPage {
    let query = EventQuery {
        limit: Some(limit),
        offset: Some(offset as u64),
        ..EventQuery::of_correlation("rr-1")
    };
    client.call::<ListEvents>().query(&query).send().await.expect("a page")
}

/// All events of `rr-1`, oldest first.
pub(crate) async fn trail(client: &Peer) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let page = page(client, 1000, events.len()).await;
        events.extend(page.data);
        if !page.pagination.has_more {
            assert_eq!(page.pagination.total, events.len() as u64);
            events.reverse();
            return events;
        }
    }
}

/// All events of `rr-1` as they were sent, oldest first.
pub(crate) async fn stored(client: &Peer) -> Vec<NewEvent> {
    trail(client).await.into_iter().map(|event| event.event).collect()
}
