//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long anything may take that mostly takes milliseconds: on a very busy machine, with
/// other suites and in containers.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// How long to wait between two polls.
const INTERVAL: Duration = Duration::from_millis(20);

/// The result of polling a condition.
#[derive(Clone, Debug)]
pub enum Poll<T> {
    /// The condition holds.
    Ready(T),
    /// The condition does not hold yet; the text shows the current state.
    Pending(String),
}

/// Polls until the condition holds.
///
/// # Errors
/// When it does not hold within the time: the error names `what` and the last
/// state. An error of `poll` ends the wait at once.
pub fn eventually<T>(
    within: Duration,
    what: &str,
    mut poll: impl FnMut() -> Result<Poll<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        // Check the time before polling, so that the last poll is after the
        // deadline.
        let over = start.elapsed() >= within;
        match poll()? {
            Poll::Ready(value) => return Ok(value),
            Poll::Pending(state) if over => {
                bail!("waited {within:?} for {what}; last state: {state}")
            }
            Poll::Pending(_) => std::thread::sleep(INTERVAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eventually_polls_until_the_condition_holds() {
        let mut polls = 0;
        let found = eventually(Duration::from_secs(10), "three polls", || {
            polls += 1;
            Ok(if polls == 3 { Poll::Ready(polls) } else { Poll::Pending(polls.to_string()) })
        });
        assert_eq!(found.expect("found"), 3);
    }

    #[test]
    fn a_timeout_is_an_error_with_the_last_state() {
        let mut polls = 0;
        let error = eventually::<()>(Duration::ZERO, "the bus", || {
            polls += 1;
            Ok(Poll::Pending("an empty road".to_owned()))
        })
        .expect_err("no bus");
        assert_eq!(polls, 1);
        assert_eq!(error.to_string(), "waited 0ns for the bus; last state: an empty road");
    }

    #[test]
    fn an_error_ends_the_wait() {
        let error = eventually::<()>(Duration::from_secs(3600), "the bus", || {
            anyhow::bail!("the road is closed")
        });
        assert_eq!(error.expect_err("closed").to_string(), "the road is closed");
    }
}
