//! Waiting until a service serves, and saying why it does not.

use std::time::Duration;

use anyhow::anyhow;
use camino::Utf8Path;

use crate::keeper::{Client, ServiceState};
use crate::report::last_lines;
use crate::signals::Interrupt;
use crate::wait::{self, Look};

/// How long one question may take, in seconds.
const QUESTION: u64 = 2;

/// How many of its last log lines an error shows.
const LOG_LINES: usize = 12;

/// A service that was started.
pub(super) struct Started<'a> {
    pub(super) service: &'a str,
    pub(super) pid: u32,
    pub(super) port: u16,
    /// The address that answers 200 once it is ready.
    pub(super) ready: String,
    pub(super) log: &'a Utf8Path,
}

/// Waits until the service answers 200.
///
/// A service that ends meanwhile is noticed at once: nobody answers on its port
/// any more, and the keeper knows how it ended.
pub(super) fn wait_until_ready(
    started: &Started<'_>,
    keeper: &mut Client,
    limit: Duration,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let what = format!("waiting until service `{}` is ready", started.service);
    let waited = wait::until(&what, limit, interrupt, || {
        let last = match ask(&started.ready) {
            Ok(200) => return Ok(Look::Done(())),
            Ok(status) => format!("{} answers {status}", started.ready),
            Err(error) => format!("{} does not answer: {error}", started.ready),
        };
        let state = keeper.status()?.remove(started.service);
        match state {
            Some(ServiceState::Running { id }) if id.pid == started.pid => Ok(Look::NotYet(last)),
            state => {
                let how = state.map_or("is not there".to_owned(), |state| state.describe());
                Err(anyhow!("service `{}` {how} before it was ready", started.service))
            }
        }
    });
    waited.map_err(|error| explain(started, error))
}

fn ask(url: &str) -> Result<u16, minreq::Error> {
    let answer = minreq::get(url).with_timeout(QUESTION).with_follow_redirects(false).send()?;
    Ok(answer.status_code)
}

/// Adds the last words of the service, and what is known to mend them.
fn explain(started: &Started<'_>, error: anyhow::Error) -> anyhow::Error {
    if error.chain().any(|cause| cause.is::<crate::signals::Interrupted>()) {
        return error;
    }
    let lines = last_lines(started.log, LOG_LINES);
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
    if lines.iter().any(|line| line.to_lowercase().contains("address already in use")) {
        text.push_str(&format!(
            "\nhint: port {} is held by the keeper, which never listens on it; \
             set SO_REUSEADDR before binding",
            started.port
        ));
    }
    anyhow!(text)
}
