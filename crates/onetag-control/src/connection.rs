//! One connection to the keeper: numbered requests, each answered within a time.
//!
//! The harness uses it as well, with requests of its own.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{Head, Numbered, PROTOCOL, other_version};
use crate::socket;

/// How long the keeper may take to read a request: it reads at once.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to a keeper.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<UnixStream>,
    /// Of the last request.
    number: u64,
    /// What has come of a line so far: a deadline may pass in the middle of one.
    line: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum ConnectionError {
    /// None came in time.
    TimedOut(Duration),
    /// The keeper has ended, or cannot be reached.
    Gone(io::Error),
    /// The keeper is of another version of the harness, which speaks this protocol.
    OtherVersion(u32),
    /// What came cannot be read.
    Unreadable(serde_json::Error),
}

impl Connection {
    /// Connects to the keeper of the run in this folder.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn open(run_dir: &Path) -> io::Result<Connection> {
        let stream = socket::connect(run_dir)?;
        stream.set_write_timeout(Some(SEND_TIMEOUT))?;
        Ok(Connection { stream: BufReader::new(stream), number: 0, line: Vec::new() })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When there is no answer within this time.
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        request: &impl Serialize,
        within: Duration,
    ) -> Result<T, ConnectionError> {
        self.send(request)?;
        self.receive(within)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When the keeper is gone, or does not read.
    pub fn send(&mut self, request: &impl Serialize) -> Result<(), ConnectionError> {
        self.number += 1;
        let line = Numbered { protocol: PROTOCOL, number: self.number, body: request }.to_line();
        let line = line.map_err(ConnectionError::Unreadable)?;
        self.stream.get_mut().write_all(&line).map_err(|error| failed(error, SEND_TIMEOUT))
    }

    /// Waits for the answer to the last request. What is late, since nobody waited for
    /// it any more, is dropped.
    ///
    /// # Errors
    /// When there is no answer within this time.
    pub fn receive<T: DeserializeOwned>(&mut self, within: Duration) -> Result<T, ConnectionError> {
        let started = Instant::now();
        loop {
            let left = within.saturating_sub(started.elapsed());
            let line = self.read_line(left).map_err(|error| failed(error, within))?;
            let head: Head = serde_json::from_slice(&line).map_err(ConnectionError::Unreadable)?;
            if head.protocol != PROTOCOL {
                return Err(ConnectionError::OtherVersion(head.protocol));
            }
            if head.number >= self.number {
                let answer = serde_json::from_slice(&line).map_err(ConnectionError::Unreadable)?;
                let Numbered { body, .. } = answer;
                return Ok(body);
            }
        }
    }

    /// Whether the keeper ends the connection within this time. Answers are dropped.
    pub fn ends_within(&mut self, limit: Duration) -> bool {
        let started = Instant::now();
        loop {
            match self.read_line(limit.saturating_sub(started.elapsed())) {
                Ok(_) => {}
                Err(error) => return !timed_out(&error),
            }
        }
    }

    fn read_line(&mut self, within: Duration) -> io::Result<Vec<u8>> {
        // Zero would mean no limit.
        let within = within.max(Duration::from_millis(1));
        self.stream.get_mut().set_read_timeout(Some(within))?;
        self.stream.read_until(b'\n', &mut self.line)?;
        match self.line.ends_with(b"\n") {
            true => Ok(std::mem::take(&mut self.line)),
            false => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn failed(error: io::Error, within: Duration) -> ConnectionError {
    match timed_out(&error) {
        true => ConnectionError::TimedOut(within),
        false => ConnectionError::Gone(error),
    }
}

fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectionError::TimedOut(within) => {
                write!(f, "the keeper did not answer within {within:?}")
            }
            ConnectionError::Gone(error) if error.kind() == ErrorKind::UnexpectedEof => {
                f.write_str("the keeper is gone")
            }
            ConnectionError::Gone(error) => write!(f, "the keeper is gone: {error}"),
            ConnectionError::OtherVersion(protocol) => {
                f.write_str(&other_version(*protocol, PROTOCOL))
            }
            ConnectionError::Unreadable(error) => {
                write!(f, "cannot read the reply of the keeper: {error}")
            }
        }
    }
}

impl std::error::Error for ConnectionError {}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
