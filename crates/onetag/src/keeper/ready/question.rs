//! One question: is the service ready?

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::postgres;
use crate::backend::Probe;
use crate::system::wait::Deadline;
use crate::workspace::Ready;

/// How much of an answer is looked at: a status line is shorter.
const MAX_ANSWER: usize = 4096;

/// Asks once at an address whether a service is ready.
pub fn ask(address: SocketAddr, ready: &Ready, limit: Duration) -> Probe {
    let deadline = Deadline::within(limit);
    match ready {
        Ready::Http(path) => {
            let url = format!("http://{address}{path}");
            match status(address, path, &deadline) {
                Ok(200..=299) => Probe::Ready,
                Ok(status) if is_final(status) => Probe::Refused(format!("{url} answers {status}")),
                Ok(status) => Probe::Pending(format!("{url} answers {status}")),
                Err(error) => Probe::Pending(failed(&url, &error)),
            }
        }
        Ready::Tcp => match connect(address, &deadline) {
            Ok(_) => Probe::Ready,
            Err(error) => Probe::Pending(failed(&address.to_string(), &error)),
        },
        Ready::Started => Probe::Ready,
        Ready::Postgres => match postgres::greet(address, &deadline) {
            Ok(None) => Probe::Ready,
            Ok(Some(why)) => Probe::Pending(format!("{address} answers: {why}")),
            Err(error) => Probe::Pending(failed(&address.to_string(), &error)),
        },
    }
}

/// A status that says that the question is wrong, not that it comes too early.
fn is_final(status: u16) -> bool {
    matches!(status, 300..=499) && !matches!(status, 408 | 421 | 425 | 429)
}

/// Why there is no answer, in words.
fn failed(asked: &str, error: &anyhow::Error) -> String {
    let io = error.downcast_ref::<std::io::Error>();
    match io.map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => format!("nothing listens at {asked}"),
        Some(ErrorKind::WouldBlock | ErrorKind::TimedOut) => format!("{asked} does not answer"),
        _ => format!("{asked} does not answer: {error:#}"),
    }
}

/// The status with which a path is answered: the status line decides, whatever follows
/// it, or does not follow.
fn status(address: SocketAddr, path: &str, deadline: &Deadline) -> anyhow::Result<u16> {
    let mut stream = connect(address, deadline)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: onetag\r\nAccept: */*\r\n\
         Connection: close\r\n\r\n"
    );
    stream.set_write_timeout(Some(left(deadline)))?;
    stream.write_all(request.as_bytes())?;
    let answer = read(&mut stream, deadline, |answer| answer.contains(&b'\n'))?;
    parse_status(&answer)
}

fn parse_status(answer: &[u8]) -> anyhow::Result<u16> {
    ensure!(!answer.is_empty(), "it closed the connection");
    ensure!(!is_http2(answer), "it speaks HTTP/2 only");
    let line = answer.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let status = std::str::from_utf8(line).ok().and_then(|line| {
        let mut words = line.strip_prefix("HTTP/1.")?.split_ascii_whitespace();
        words.nth(1).filter(|status| status.len() == 3)?.parse().ok()
    });
    status.context("it is not HTTP/1")
}

/// Whether a server speaks HTTP/2 with whoever greets it so.
pub(in crate::keeper) fn greets_http2(address: SocketAddr, limit: Duration) -> bool {
    let deadline = Deadline::within(limit);
    let greet = || {
        let mut stream = connect(address, &deadline)?;
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")?;
        read(&mut stream, &deadline, |answer| answer.len() >= FRAME_HEADER)
    };
    greet().is_ok_and(|answer| is_http2(&answer))
}

const FRAME_HEADER: usize = 9;

/// Whether this begins as a server of HTTP/2 does: with a frame SETTINGS or GOAWAY of
/// the connection as a whole (RFC 9113, 3.4 and 4.1).
fn is_http2(answer: &[u8]) -> bool {
    matches!(answer, [0, _, _, 4 | 7, _, 0, 0, 0, 0, ..])
}

pub(super) fn connect(address: SocketAddr, deadline: &Deadline) -> anyhow::Result<TcpStream> {
    Ok(TcpStream::connect_timeout(&address, left(deadline))?)
}

/// Reads until that is enough, or all that is there.
pub(super) fn read(
    stream: &mut TcpStream,
    deadline: &Deadline,
    is_enough: impl Fn(&[u8]) -> bool,
) -> anyhow::Result<Vec<u8>> {
    let (mut answer, mut chunk) = (Vec::new(), [0; MAX_ANSWER]);
    while !is_enough(&answer) && answer.len() < MAX_ANSWER {
        stream.set_read_timeout(Some(left(deadline)))?;
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => answer.extend(&chunk[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // What came before is an answer all the same.
            Err(_) if !answer.is_empty() => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(answer)
}

/// What is left of a limit; no timeout of a socket is zero.
fn left(deadline: &Deadline) -> Duration {
    deadline.left().max(Duration::from_millis(1))
}

#[cfg(test)]
#[path = "question_tests.rs"]
mod tests;
