//! The wait for one service.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use camino::Utf8Path;

use super::pace::PacedProbe;
use crate::backend::Abandoned;
use crate::error::{Attach as _, hints};
use crate::keeper::Client;
use crate::keeper::protocol::{ServiceState, StartedService};
use crate::run::RunFolder;
use crate::system::signals::{Interrupt, Interrupted};
use crate::system::tail::last_lines;
use crate::system::wait::{self, Poll};

/// When what hardly will change is said, and how often it is looked for from then on.
const SAY_AFTER: Duration = Duration::from_secs(5);

/// How long the last question of a wait may take, which asks what would help.
const ADVICE_LIMIT: Duration = Duration::from_secs(2);

/// How many of its last log lines an error shows, and how many bytes of them.
const LOG_LINES: usize = 12;
const LOG_BYTES: usize = 4 << 10;

/// How long services are waited for, and who hears of it meanwhile.
pub struct ReadyWait<'a> {
    limit: Duration,
    limit_name: &'a str,
    interrupt: &'a Interrupt,
    say: Option<&'a (dyn Fn(&str) + Sync)>,
}

impl<'a> ReadyWait<'a> {
    /// A wait that ends after `limit`, which errors call `limit_name`, or with a signal.
    pub fn new(limit: Duration, limit_name: &'a str, interrupt: &'a Interrupt) -> ReadyWait<'a> {
        ReadyWait { limit, limit_name, interrupt, say: None }
    }

    /// What hardly will change is said while the wait goes on.
    pub(crate) fn saying(self, say: &'a (dyn Fn(&str) + Sync)) -> ReadyWait<'a> {
        ReadyWait { say: Some(say), ..self }
    }
}

impl fmt::Debug for ReadyWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyWait").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Waits until a service that was started is ready, or the wait is `abandoned`.
///
/// # Errors
///
/// When it ends meanwhile, which is noticed at once, or is not ready in time; then
/// with its last log lines and with what is known to mend it.
pub(crate) fn wait_until_ready(
    started: &StartedService,
    folder: &RunFolder,
    abandoned: &dyn Fn() -> bool,
    waiting: &ReadyWait<'_>,
) -> anyhow::Result<()> {
    let ReadyWait { limit, limit_name, interrupt, say } = waiting;
    let name = &started.service;
    let mut probe = PacedProbe::new(folder, name, *limit);
    let (begin, mut say_at, mut said) = (Instant::now(), SAY_AFTER, false);
    let mut last_seen = String::new();
    let what = format!("waiting until service `{name}` is ready");
    let waited = wait::until(&what, *limit, interrupt, || {
        if abandoned() {
            return Err(Abandoned.into());
        }
        let polled = probe.poll()?;
        match probe.state() {
            Some(ServiceState::Running { start, .. }) if *start == started.start => {}
            Some(ServiceState::Starting { why }) => {
                last_seen.clone_from(why);
                return Ok(Poll::Pending(why.clone()));
            }
            None => return Ok(Poll::Pending("it was not asked yet".to_owned())),
            Some(state) => {
                return Err(anyhow!("service `{name}` {} before it was ready", state.predicate()));
            }
        }
        if let Poll::Pending(last) = &polled {
            last_seen.clone_from(last);
            if let (Some(say), false) = (say, said)
                && begin.elapsed() >= say_at
            {
                say_at += SAY_AFTER;
                if let Some(lasting) = lasting(folder, name, &probe) {
                    said = true;
                    say(&format!("  {lasting}; waiting on, up to {limit:?}"));
                }
            }
        }
        Ok(polled)
    });
    let Err(error) = waited else { return Ok(()) };
    if error.is::<Interrupted>() || error.is::<Abandoned>() {
        return Err(error);
    }
    let mut text = match error.is::<wait::TimedOut>() {
        true => format!(
            "{what} took longer than {limit:?}, the limit of {limit_name}; last seen: {last_seen}"
        ),
        false => format!("{error:#}"),
    };
    // It brings the log up to date as well; without it there is less to show.
    let polled =
        Client::connect(folder).and_then(|mut keeper| keeper.poll(name, ADVICE_LIMIT, true));
    let (obstacle, advice) =
        polled.map(|polled| (polled.obstacle, polled.hints)).unwrap_or_default();
    let hints = hints(&error).into_iter().chain(advice);
    text.extend(obstacle.map(|obstacle| format!("\n{obstacle}")));
    text.push_str(&quote_log(&folder.log(name)));
    Err(hints.fold(anyhow!(text), |error, hint| error.hint(hint)))
}

/// What hardly will change, with a hint in a line of its own.
fn lasting(folder: &RunFolder, name: &str, probe: &PacedProbe<'_>) -> Option<String> {
    let mut keeper = Client::connect(folder).ok()?;
    let polled = keeper.poll(name, Duration::from_millis(500), true).ok()?;
    let what = polled.obstacle.or_else(|| Some(format!("`{name}`: {}", probe.refused()?)))?;
    let hints: String = polled.hints.iter().map(|hint| format!("\n  hint: {hint}")).collect();
    Some(format!("{what}{hints}"))
}

/// The last lines of what a service has printed by now, to stand below a sentence about
/// it.
pub(crate) fn quote_log_of(folder: &RunFolder, service: &str) -> String {
    // What cannot be had is no reason to keep back what can.
    let _ = Client::connect(folder).and_then(|mut keeper| keeper.collect_logs(Some(service)));
    quote_log(&folder.log(service))
}

/// The last lines of a log, to stand below a sentence about its service.
pub(crate) fn quote_log(log: &Utf8Path) -> String {
    let lines = last_lines(log, LOG_LINES, LOG_BYTES);
    if lines.is_empty() {
        return "\nits log is empty".to_owned();
    }
    let lines: String = lines.iter().map(|line| format!("\n  {line}")).collect();
    format!("\nits last log lines:{lines}")
}
