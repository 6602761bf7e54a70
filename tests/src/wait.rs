//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long to wait between two looks.
const INTERVAL: Duration = Duration::from_millis(20);

/// What a look at a condition found.
#[derive(Clone, Debug)]
pub enum Poll<T> {
    /// It holds.
    Ready(T),
    /// Not yet; this is what was seen instead.
    Pending(String),
}

/// Looks again and again until the condition holds.
///
/// # Errors
/// When it does not hold within the time: the error says what was waited for
/// and what was seen last. An error of `look` ends the wait at once.
pub fn eventually<T>(
    within: Duration,
    what: &str,
    mut look: impl FnMut() -> Result<Poll<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        // Asked before the look, so that the last look is after the deadline.
        let over = start.elapsed() >= within;
        match look()? {
            Poll::Ready(found) => return Ok(found),
            Poll::Pending(seen) if over => {
                bail!("waited {within:?} for {what}; the last that was seen: {seen}")
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
        let mut looks = 0;
        let found = eventually(Duration::from_secs(10), "three looks", || {
            looks += 1;
            Ok(if looks == 3 { Poll::Ready(looks) } else { Poll::Pending(looks.to_string()) })
        });
        assert_eq!(found.expect("found"), 3);
    }

    #[test]
    fn a_timeout_is_an_error_with_the_last_state() {
        let mut looks = 0;
        let error = eventually::<()>(Duration::ZERO, "the bus", || {
            looks += 1;
            Ok(Poll::Pending("an empty road".to_owned()))
        })
        .expect_err("no bus");
        assert_eq!(looks, 1);
        assert_eq!(
            error.to_string(),
            "waited 0ns for the bus; the last that was seen: an empty road"
        );
    }

    #[test]
    fn an_error_ends_the_wait() {
        let error = eventually::<()>(Duration::from_secs(3600), "the bus", || {
            anyhow::bail!("the road is closed")
        });
        assert_eq!(error.expect_err("closed").to_string(), "the road is closed");
    }
}
