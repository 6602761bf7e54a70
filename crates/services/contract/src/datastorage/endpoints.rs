//! The calls of DataStorage.

use http::Method;

use super::{BatchReceipt, NewEvent};
use crate::{Endpoint, NoQuery};

/// Stores 1 to 1000 events, all or none.
#[derive(Debug)]
pub struct CreateEvents;

impl Endpoint for CreateEvents {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/audit/events/batch";
    type Request = Vec<NewEvent>;
    type Query = NoQuery;
    type Answer = BatchReceipt;
}
