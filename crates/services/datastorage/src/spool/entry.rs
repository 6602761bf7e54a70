//! The events of one request, and the line that stores them.

use std::borrow::Cow;

use contract::datastorage::NewEvent;
use crc::{CRC_32_ISO_HDLC, Crc, Table};
use time::OffsetDateTime;

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// The events of one request. The spool has all of them or none.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When DataStorage accepted them, in whole microseconds. They get this
    /// time as `recorded_at` in the database, however often they are replayed.
    pub taken_at: OffsetDateTime,
    /// The events, at least one.
    pub events: Vec<NewEvent>,
}

/// The content of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum SpoolRecord {
    /// The entry that was appended.
    Whole(Entry),
    /// A line that does not match its checksum.
    Damaged {
        /// The line, as far as it is text.
        line: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The metadata of a line, which is read without parsing the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// How many events there are; a damaged line counts as one.
    pub(super) events: u64,
    /// When they were accepted; `None` for a damaged line.
    pub(super) taken_at: Option<OffsetDateTime>,
}

impl Entry {
    /// The line, with its end.
    pub(super) fn line(&self) -> serde_json::Result<Vec<u8>> {
        let microseconds = self.taken_at.unix_timestamp_nanos() / 1000;
        let mut content = format!("{} {microseconds} ", self.events.len()).into_bytes();
        serde_json::to_writer(&mut content, &self.events)?;
        let mut line = format!("{:08x} ", CRC.checksum(&content)).into_bytes();
        line.append(&mut content);
        line.push(b'\n');
        Ok(line)
    }

    /// The metadata of its line.
    pub(super) fn header(&self) -> Header {
        Header { events: self.events.len() as u64, taken_at: Some(self.taken_at) }
    }
}

/// Checks a line, given without its line end, and reads its metadata.
pub(super) fn header(line: &[u8]) -> Header {
    let damaged = Header { events: 1, taken_at: None };
    split(line).map_or(damaged, |(header, _)| header)
}

/// Reads a line, given without its line end.
pub(super) fn read(line: &[u8]) -> SpoolRecord {
    let entry = split(line).and_then(|(header, events)| {
        let events =
            serde_json::from_slice(events).map_err(|error| Cow::from(error.to_string()))?;
        let taken_at = header.taken_at.ok_or("it has no time")?;
        let entry = Entry { taken_at, events };
        if entry.header() == header {
            Ok(entry)
        } else {
            Err("it holds another number of events".into())
        }
    });
    match entry {
        Ok(entry) => SpoolRecord::Whole(entry),
        Err(reason) => SpoolRecord::Damaged {
            line: String::from_utf8_lossy(line).into_owned(),
            reason: format!("the line in the spool is damaged: {reason}"),
        },
    }
}

/// Splits a line into header and JSON, after checking its checksum.
fn split(line: &[u8]) -> Result<(Header, &[u8]), Cow<'static, str>> {
    let (checksum, content) = word(line).ok_or("it has no checksum")?;
    if checksum != format!("{:08x}", CRC.checksum(content)) {
        return Err("its checksum is another one".into());
    }
    let (events, rest) = word(content).ok_or("it has no events")?;
    let (microseconds, json) = word(rest).ok_or("it has no time")?;
    let events = events.parse().ok().filter(|count| *count > 0).ok_or("it has no events")?;
    let taken_at = microseconds
        .parse::<i128>()
        .ok()
        .and_then(|microseconds| {
            OffsetDateTime::from_unix_timestamp_nanos(microseconds.checked_mul(1000)?).ok()
        })
        .ok_or("its time is none")?;
    Ok((Header { events, taken_at: Some(taken_at) }, json))
}

/// The text before the first space, and the rest.
fn word(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b' ')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}
