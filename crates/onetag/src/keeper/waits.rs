//! Moving on requests that wait.

use std::time::Duration;

use anyhow::bail;
use onetag_control::Target;

use super::protocol::Reply;
use super::serve::Keeper;
use super::wait::{DATABASE_TIMEOUT, Goal, Wait};

/// How often to look for what sends no event.
const PROBE_INTERVAL: Duration = Duration::from_millis(2);

impl Keeper {
    /// Moves on everything that waits, and says when to poll again.
    pub(super) fn advance_waits(&mut self) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        for wait in std::mem::take(&mut self.waits) {
            match self.poll(&wait) {
                Ok(None) => wait.answer(Reply::Done),
                Ok(Some(pause)) => {
                    next = Some(next.map_or(pause, |next| next.min(pause)));
                    self.waits.push(wait);
                }
                Err(error) => wait.answer(Reply::refused(&error)),
            }
        }
        next
    }

    /// None if the goal is reached, else when to poll again.
    fn poll(&mut self, wait: &Wait) -> anyhow::Result<Option<Duration>> {
        match &wait.goal {
            Goal::Ended(service) => self.poll_end(service),
            Goal::DatabasesStopped => {
                let busy = self.stop_databases()?;
                if let (Some(busy), true) = (&busy, wait.limit.passed()) {
                    self.restore(&Target::Database)?;
                    bail!("another process has been writing to {busy} for {DATABASE_TIMEOUT:?}");
                }
                Ok(busy.map(|_| PROBE_INTERVAL))
            }
        }
    }

    /// Stopping an unknown service is a no-op. An end sends an event.
    fn poll_end(&mut self, service: &str) -> anyhow::Result<Option<Duration>> {
        let Some(service) = self.services.get(service) else { return Ok(None) };
        if let Some(why) = &service.stuck {
            bail!("{why}");
        }
        Ok(service.is_running().then_some(Duration::from_secs(3600)))
    }
}
