//! Waiting until a service serves, and saying why it does not.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::anyhow;

use super::protocol::{Polled, ServiceState, StartedService};
use crate::backend::{Abandoned, Probe};
use crate::error::{Attach as _, hints};
use crate::report::last_lines;
use crate::run::RunFolder;
use crate::system::signals::{Interrupt, Interrupted};
use crate::system::wait::{self, Poll};
use crate::workspace::Ready;

/// How long one probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// How many of its last log lines an error shows.
const LOG_LINES: usize = 12;

/// Asks the keeper how a service is on its way, and on demand what would help it.
pub(crate) type PollService<'a> = dyn FnMut(Duration, bool) -> anyhow::Result<Polled> + 'a;

/// Waits until a service that was started is ready.
///
/// A service that ends meanwhile is noticed at once: nobody answers on its port
/// any more, and the backend knows how it ended.
pub(crate) fn wait_until_ready(
    started: &StartedService,
    folder: &RunFolder,
    poll: &mut PollService<'_>,
    limit: Duration,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let name = &started.service;
    let what = format!("waiting until service `{name}` is ready");
    let waited = wait::until(&what, limit, interrupt, || {
        let Polled { state, pending, .. } = poll(PROBE_TIMEOUT.min(limit), false)?;
        match (state, pending) {
            (ServiceState::Starting { why }, _) => Ok(Poll::Pending(why)),
            (ServiceState::Running { start, .. }, pending) if start == started.start => {
                Ok(pending.map_or(Poll::Ready(()), Poll::Pending))
            }
            (state, _) => {
                Err(anyhow!("service `{name}` {} before it was ready", state.predicate()))
            }
        }
    });
    waited.map_err(|error| explain(started, folder, poll, error))
}

/// Asks once at an address whether a service is ready. Of an answer of HTTP only the
/// status line is waited for.
pub fn ask(address: SocketAddr, ready: &Ready, limit: Duration) -> Probe {
    match ready {
        Ready::Http(path) => {
            let url = format!("http://{address}{path}");
            let request = minreq::get(&url).with_timeout(limit.as_secs().max(1));
            match request.with_follow_redirects(false).send_lazy() {
                Ok(answer) if (200..300).contains(&answer.status_code) => Probe::Ready,
                Ok(answer) => Probe::Pending(format!("{url} answers {}", answer.status_code)),
                Err(error) => Probe::Pending(format!("{url} does not answer: {error}")),
            }
        }
        Ready::Tcp => match TcpStream::connect_timeout(&address, limit) {
            Ok(_) => Probe::Ready,
            Err(error) => Probe::Pending(format!("{address} does not accept: {error}")),
        },
        Ready::Started => Probe::Ready,
    }
}

/// Adds the last log lines of the service, and what is known to mend them.
fn explain(
    started: &StartedService,
    folder: &RunFolder,
    poll: &mut PollService<'_>,
    error: anyhow::Error,
) -> anyhow::Error {
    if error.is::<Interrupted>() || error.is::<Abandoned>() {
        return error;
    }
    // It brings the log up to date as well; without it there is less to show.
    let advice = poll(PROBE_TIMEOUT, true).map(|polled| polled.hints).unwrap_or_default();
    let hints = hints(&error).into_iter().chain(advice);
    let lines = last_lines(&folder.log(&started.service), LOG_LINES);
    let mut text = format!("{error:#}");
    if lines.is_empty() {
        text.push_str("\nits log is empty");
    } else {
        text.push_str("\nits last log lines:");
        for line in &lines {
            text.push_str("\n  ");
            text.push_str(line);
        }
    }
    hints.fold(anyhow!(text), |error, hint| error.hint(hint))
}
