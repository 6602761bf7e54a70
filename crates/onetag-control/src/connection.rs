//! One connection to the keeper: a line out, a line back, within a time.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::Error;
use crate::protocol::{Reply, Request};
use crate::socket;

#[derive(Debug)]
pub(crate) struct Connection(BufReader<UnixStream>);

impl Connection {
    pub(crate) fn open(run_dir: &Path) -> Result<Connection, Error> {
        let stream = socket::connect(run_dir).map_err(|error| {
            let run = run_dir.display();
            Error::new(format!("the keeper of the run in {run} does not answer: {error}"))
                .with_hints(vec!["`cargo xtask status` shows the runs that there are".to_owned()])
        })?;
        Ok(Connection(BufReader::new(stream)))
    }

    pub(crate) fn ask(&mut self, request: &Request, within: Duration) -> Result<Reply, Error> {
        let answer = self.exchange(request, within).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Error::new(format!("the keeper did not answer within {within:?}"))
            }
            _ => Error::new(format!("the keeper is gone: {error}")),
        })?;
        match serde_json::from_str(&answer) {
            Ok(Reply::Refused { reason, hints }) => Err(Error::new(reason).with_hints(hints)),
            Ok(reply) => Ok(reply),
            Err(error) => Err(Error::new(format!("unexpected reply from the keeper: {error}"))),
        }
    }

    fn exchange(&mut self, request: &Request, within: Duration) -> io::Result<String> {
        let line = serde_json::to_string(request)? + "\n";
        self.0.get_mut().write_all(line.as_bytes())?;
        self.0.get_mut().set_read_timeout(Some(within))?;
        let mut answer = String::new();
        match self.0.read_line(&mut answer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer),
        }
    }
}
