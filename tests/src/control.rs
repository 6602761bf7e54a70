//! Stopping, killing and pausing services of the run.
//!
//! Such tests are in `mod alone` of their suite, where no other test runs at
//! the same time. The guards of [`Control`] restore what they stop.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

pub use onetag_control::{Capability, Control, OutageGuard, Target};

use crate::{Poll, Run, eventually};

/// How long services may take to notice that their peers are available again:
/// they check every `WATCH_INTERVAL`, two seconds if it is not set.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(20);

impl Run {
    /// Control over the run if it has all of these capabilities; `None` if the
    /// test is skipped. First waits until the run has [settled](Run::settle).
    ///
    /// # Errors
    /// When the keeper does not answer, or the run does not settle.
    pub fn control(&self, needed: &[Capability]) -> Result<Option<Control>> {
        let Some(control) = Control::unless_skipped(self.environment(), needed)? else {
            return Ok(None);
        };
        self.settle()?;
        Ok(Some(control))
    }

    /// Waits until every service is ready and not degraded, after an outage
    /// that an earlier test caused.
    ///
    /// # Errors
    /// When a service is still degraded.
    pub fn settle(&self) -> Result<()> {
        for name in self.environment().services.keys() {
            let service = self.service(name)?;
            eventually(SETTLE_TIMEOUT, &format!("{name} not to be degraded"), || {
                let Ok(answer) = service.get("/health/ready") else {
                    return Ok(Poll::Pending("no answer".to_owned()));
                };
                // A service may have no `/health/ready` and answer 404.
                let not_degraded = answer.status == 200
                    && answer.value().is_ok_and(|body| {
                        body.get("degraded").is_none_or(|degraded| *degraded == json!([]))
                    });
                Ok(match not_degraded || answer.status == 404 {
                    true => Poll::Ready(()),
                    false => Poll::Pending(format!("{} {}", answer.status, answer.body)),
                })
            })?;
        }
        Ok(())
    }
}
