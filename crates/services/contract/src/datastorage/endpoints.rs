//! The calls of the audit trail.

use http::Method;

use super::{BatchReceipt, Event, EventPage, EventQuery, NewEvent, Receipt};
use crate::{Endpoint, NoBody, NoQuery};

/// Stores an event.
#[derive(Clone, Copy, Debug)]
pub struct CreateEvent;

impl Endpoint for CreateEvent {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/audit/events";
    type Request = NewEvent;
    type Query = NoQuery;
    type Answer = Receipt;
}

/// Stores 1 to 1000 events, all or none.
#[derive(Clone, Copy, Debug)]
pub struct CreateEvents;

impl Endpoint for CreateEvents {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/audit/events/batch";
    type Request = Vec<NewEvent>;
    type Query = NoQuery;
    type Answer = BatchReceipt;
}

/// Queries the trail.
#[derive(Clone, Copy, Debug)]
pub struct ListEvents;

impl Endpoint for ListEvents {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/v1/audit/events";
    type Request = NoBody;
    type Query = EventQuery;
    type Answer = EventPage;
}

/// Reads an event.
#[derive(Clone, Copy, Debug)]
pub struct GetEvent;

impl Endpoint for GetEvent {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/v1/audit/events/{event_id}";
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = Event;
}
