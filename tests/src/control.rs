//! Stopping, killing and pausing services of the run.
//!
//! Tests that do so live in `mod alone` of their suite, where nothing runs beside
//! them. What they take away comes back through the guards of [`Control`].

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

pub use onetag_control::{Away, Capability, Control, Target};

use crate::{Poll, Run, eventually};

/// How long services may take to notice that their peers are back: they look
/// every `WATCH_INTERVAL`, two seconds if it is not set.
const SETTLED: Duration = Duration::from_secs(20);

impl Run {
    /// Control over the run if it has all of these capabilities; none when the
    /// test is skipped. Waits first until the run has [settled](Run::settle).
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

    /// Waits until every service is ready and misses nothing: what the test
    /// before took away is noticed to be back.
    ///
    /// # Errors
    /// When a service still misses something.
    pub fn settle(&self) -> Result<()> {
        for name in self.environment().services.keys() {
            let service = self.service(name)?;
            eventually(SETTLED, &format!("{name} to miss nothing"), || {
                let Ok(answer) = service.get("/health/ready") else {
                    return Ok(Poll::Pending("no answer".to_owned()));
                };
                // A service without such a page has nothing to say.
                let misses_nothing = answer.status == 200
                    && answer.value().is_ok_and(|body| {
                        body.get("degraded").is_none_or(|degraded| *degraded == json!([]))
                    });
                Ok(match misses_nothing || answer.status == 404 {
                    true => Poll::Ready(()),
                    false => Poll::Pending(format!("{} {}", answer.status, answer.body)),
                })
            })?;
        }
        Ok(())
    }
}
