//! Asking a PostgreSQL server whether it lets clients in, as `pg_isready` does.

use std::io::Write as _;
use std::net::SocketAddr;

use anyhow::{bail, ensure};

use super::question::{connect, read};
use crate::system::tail::printable;
use crate::system::wait::Deadline;
use crate::workspace::SUPERUSER;

/// Version 3.0 of the protocol.
const PROTOCOL: u32 = 3 << 16;

/// The beginning of each message of the server: its kind and its length.
const HEADER: usize = 5;

/// How much of a message is shown.
const MAX_WORDS: usize = 200;

/// Begins a connection: none if the server asks who that is, else what it says (chapter
/// "Frontend/Backend Protocol", message formats).
pub(super) fn greet(address: SocketAddr, deadline: &Deadline) -> anyhow::Result<Option<String>> {
    let mut stream = connect(address, deadline)?;
    let parameters = format!("user\0{SUPERUSER}\0database\0postgres\0\0");
    let mut message = Vec::new();
    let length = u32::try_from(8 + parameters.len())?;
    message.extend(length.to_be_bytes());
    message.extend(PROTOCOL.to_be_bytes());
    message.extend(parameters.as_bytes());
    stream.write_all(&message)?;
    let answer = read(&mut stream, deadline, is_whole)?;
    ensure!(!answer.is_empty(), "it closed the connection");
    match answer[0] {
        b'R' => Ok(None),
        b'E' => Ok(Some(words(&answer))),
        _ => bail!("it is not PostgreSQL"),
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let length = answer.get(1..HEADER).and_then(|length| length.try_into().ok());
    length.is_some_and(|length| answer.len() > u32::from_be_bytes(length) as usize)
}

/// What an error says, its field `M`.
fn words(answer: &[u8]) -> String {
    let fields = answer.get(HEADER..).unwrap_or_default().split(|byte| *byte == 0);
    let mut words = fields.filter_map(|field| field.strip_prefix(b"M"));
    let words = words.next().unwrap_or(b"an error");
    printable(&String::from_utf8_lossy(words), MAX_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_when_it_is_whole() {
        let fields = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0";
        let mut answer = vec![b'E'];
        answer.extend(u32::try_from(4 + fields.len()).unwrap().to_be_bytes());
        answer.extend(fields);
        assert!(is_whole(&answer));
        assert!(!is_whole(&answer[..answer.len() - 1]));
        assert!(!is_whole(b"E"));
        assert_eq!(words(&answer), "the database system is starting up");
    }
}
