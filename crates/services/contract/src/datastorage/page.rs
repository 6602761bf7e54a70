//! A page of the trail.

use crate::datastorage::Event;
use crate::page::Page;

/// One page of the trail, newest first.
pub type EventPage = Page<Event>;
