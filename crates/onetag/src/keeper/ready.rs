//! Waiting until a service serves, and saying why it does not.

use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;

use super::protocol::{Probe, Readiness, ServiceState};
use crate::build::image::FileIdentity;
use crate::error::Attach as _;
use crate::report::last_lines;
use crate::system;
use crate::system::signals::{Interrupt, Interrupted};
use crate::system::wait::{self, Poll};

/// How long one probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// How many of its last log lines an error shows.
const LOG_LINES: usize = 12;

/// Waits until a service is ready; `pid` is its process and `state` tells how it
/// is.
///
/// A service that ends meanwhile is noticed at once: nobody answers on its port
/// any more, and the keeper knows how it ended.
pub(crate) fn wait_until_ready(
    readiness: &Readiness,
    pid: u32,
    mut state: impl FnMut() -> anyhow::Result<Option<ServiceState>>,
    limit: Duration,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let what = format!("waiting until service `{}` is ready", readiness.service);
    let waited = wait::until(&what, limit, interrupt, || {
        let last = match probe(&readiness.probe, pid) {
            // Another process may answer in its place once it has ended.
            Poll::Ready(()) => None,
            Poll::Pending(last) => Some(last),
        };
        match (state()?, last) {
            (Some(ServiceState::Running { id }), None) if id.pid == pid => Ok(Poll::Ready(())),
            (Some(ServiceState::Running { id }), Some(last)) if id.pid == pid => {
                Ok(Poll::Pending(last))
            }
            (state, _) => {
                let state = state.map_or("is gone".to_owned(), |state| state.predicate());
                Err(anyhow!("service `{}` {state} before it was ready", readiness.service))
            }
        }
    });
    waited.map_err(|error| explain(readiness, error))
}

/// Asks a service once whether it is ready.
pub(crate) fn probe(probe: &Probe, pid: u32) -> Poll<()> {
    match probe {
        Probe::Http { url } => match ask(url) {
            Ok(200..=299) => Poll::Ready(()),
            Ok(status) => Poll::Pending(format!("{url} answers {status}")),
            Err(error) => Poll::Pending(format!("{url} does not answer: {error}")),
        },
        Probe::Tcp { address } => {
            let connected = address
                .parse()
                .map_err(std::io::Error::other)
                .and_then(|address| TcpStream::connect_timeout(&address, PROBE_TIMEOUT));
            match connected {
                Ok(_) => Poll::Ready(()),
                Err(error) => Poll::Pending(format!("{address} does not accept: {error}")),
            }
        }
        Probe::Started => match is_this_program(pid) {
            Ok(false) => Poll::Ready(()),
            Ok(true) => Poll::Pending("its program is about to start".to_owned()),
            Err(error) => Poll::Pending(format!("{error:#}")),
        },
    }
}

/// The status with which a service answers. Only the status line is waited for.
pub(crate) fn ask(url: &str) -> Result<i32, minreq::Error> {
    let request = minreq::get(url).with_timeout(PROBE_TIMEOUT.as_secs());
    Ok(i32::from(request.with_follow_redirects(false).send_lazy()?.status_code))
}

/// Whether a process still executes the harness, as between fork and exec.
fn is_this_program(pid: u32) -> anyhow::Result<bool> {
    let identity = |pid| {
        let path = Utf8PathBuf::try_from(crate::system::executable(pid));
        FileIdentity::of_path(&path.context("the executable has a path that is not UTF-8")?)
    };
    Ok(identity(pid)? == identity(std::process::id())?)
}

/// Adds the last log lines of the service, and what is known to mend them.
fn explain(readiness: &Readiness, error: anyhow::Error) -> anyhow::Error {
    if error.is::<Interrupted>() {
        return error;
    }
    let timed_out = error.is::<wait::TimedOut>();
    let refused = readiness.port.is_some_and(|port| !system::listening(port));
    let lines = last_lines(&readiness.log, LOG_LINES);
    let mut text = error.to_string();
    if lines.is_empty() {
        text.push_str("\nits log is empty");
    } else {
        text.push_str("\nits last log lines:");
        for line in &lines {
            text.push_str("\n  ");
            text.push_str(line);
        }
    }
    let in_use = lines.iter().any(|line| line.to_lowercase().contains("address already in use"));
    let error = anyhow!(text);
    match readiness.port {
        Some(port) if in_use => error.hint(format!(
            "port {port} is held by the keeper, which never listens on it; \
             set SO_REUSEADDR before binding"
        )),
        _ if timed_out && refused => error.hint(format!(
            "nothing listens on port {}: give its address to the service, by `env` or `args`",
            readiness.port.unwrap_or_default()
        )),
        _ if timed_out => error.hint(format!("{} says when it is ready", readiness.key)),
        _ => error,
    }
}
