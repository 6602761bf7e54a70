//! Waiting until a service serves, and saying why it does not.

use std::time::Duration;

use anyhow::anyhow;

use super::protocol::{Launch, ServiceState};
use crate::report::last_lines;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};

/// How long one question may take, in seconds.
const QUESTION: u64 = 2;

/// How many of its last log lines an error shows.
const LOG_LINES: usize = 12;

/// Waits until a service answers 200; `pid` is its process and `state` tells how
/// it is.
///
/// A service that ends meanwhile is noticed at once: nobody answers on its port
/// any more, and the keeper knows how it ended.
pub(crate) fn wait_until_ready(
    launch: &Launch,
    pid: u32,
    mut state: impl FnMut() -> anyhow::Result<Option<ServiceState>>,
    limit: Duration,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let what = format!("waiting until service `{}` is ready", launch.service);
    let waited = wait::until(&what, limit, interrupt, || {
        let last = match ask(&launch.ready) {
            Ok(200) => return Ok(Poll::Ready(())),
            Ok(status) => format!("{} answers {status}", launch.ready),
            Err(error) => format!("{} does not answer: {error}", launch.ready),
        };
        match state()? {
            Some(ServiceState::Running { id }) if id.pid == pid => Ok(Poll::Pending(last)),
            state => {
                let how = state.map_or("is not there".to_owned(), |state| state.describe());
                Err(anyhow!("service `{}` {how} before it was ready", launch.service))
            }
        }
    });
    waited.map_err(|error| explain(launch, error))
}

/// The status with which a service answers.
pub(crate) fn ask(url: &str) -> Result<u16, minreq::Error> {
    let answer = minreq::get(url).with_timeout(QUESTION).with_follow_redirects(false).send()?;
    Ok(answer.status_code)
}

/// Adds the last words of the service, and what is known to mend them.
fn explain(launch: &Launch, error: anyhow::Error) -> anyhow::Error {
    if error.chain().any(|cause| cause.is::<crate::system::signals::Interrupted>()) {
        return error;
    }
    let lines = last_lines(&launch.log, LOG_LINES);
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
            launch.port
        ));
    }
    anyhow!(text)
}
