//! The rules for an event that its schema cannot express.

use contract::datastorage::{EventBatch, NewEvent, to_microseconds};
use kit::{Violation, Violations};
use time::{Duration, OffsetDateTime, UtcOffset};

/// How far an event may lie in the future, by our clock.
const MAX_AHEAD: Duration = Duration::minutes(5);

/// How old an event may be.
const MAX_AGE: Duration = Duration::days(7);

/// The rules; see [`kit::document::RULES`].
pub const RULES: [&str; 4] = [
    "event_timestamp must be at most",
    "event_data must be nested at most",
    "event_data must have at most",
    "parent_event_id must be the id of an event that is stored",
];

/// Checks an event of a request and truncates its time to microseconds.
///
/// # Errors
///
/// All rules that it breaks.
pub fn event(mut event: NewEvent) -> Result<NewEvent, Vec<Violation>> {
    let mut violations = Violations::default();
    check(&mut event, "", OffsetDateTime::now_utc(), &mut violations);
    violations.or(event)
}

/// Checks the events of a batch, as [`event`] does. Positions are named.
///
/// # Errors
///
/// All rules that they break.
pub fn batch(EventBatch(mut events): EventBatch) -> Result<Vec<NewEvent>, Vec<Violation>> {
    let mut violations = Violations::default();
    let now = OffsetDateTime::now_utc();
    for (position, event) in events.iter_mut().enumerate() {
        check(event, &format!("[{position}]."), now, &mut violations);
    }
    violations.or(events)
}

fn check(event: &mut NewEvent, at: &str, now: OffsetDateTime, violations: &mut Violations) {
    match check_age(event.event_timestamp, now) {
        Ok(()) => event.event_timestamp = to_microseconds(event.event_timestamp),
        Err(message) => violations.refuse(format!("{at}event_timestamp"), message),
    }
}

fn check_age(moment: OffsetDateTime, now: OffsetDateTime) -> Result<(), &'static str> {
    // A time in the last hours of 9999 can lie beyond the calendar in UTC.
    let moment = moment
        .checked_to_offset(UtcOffset::UTC)
        .ok_or("must be a time like 2026-01-31T12:00:00Z (RFC 3339)")?;
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
