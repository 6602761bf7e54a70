//! When a failed delivery is tried again.

use std::time::Duration;

use contract::notification::Retry;

/// The longest wait that can be configured.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest wait that a receiver's `Retry-After` can request.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// The service's policy: how often and when a failed delivery is tried again.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct RetryPolicy {
    /// The wait after the first failed attempt.
    #[arg(
        long = "retry-initial",
        env = "RETRY_INITIAL",
        value_name = "RETRY_INITIAL",
        default_value = "30s",
        value_parser = wait
    )]
    pub initial: Duration,

    /// The factor from one wait to the next, 1 to 10.
    #[arg(
        long = "retry-factor",
        env = "RETRY_FACTOR",
        value_name = "RETRY_FACTOR",
        default_value = "2",
        value_parser = factor
    )]
    pub factor: f64,

    /// The longest wait between two attempts.
    #[arg(
        long = "retry-max",
        env = "RETRY_MAX",
        value_name = "RETRY_MAX",
        default_value = "480s",
        value_parser = wait
    )]
    pub max: Duration,

    /// The largest number of attempts, 1 to 20.
    #[arg(
        long = "retry-attempts",
        env = "RETRY_ATTEMPTS",
        value_name = "RETRY_ATTEMPTS",
        default_value = "5",
        value_parser = clap::value_parser!(u32).range(1..=20)
    )]
    pub attempts: u32,
}

impl RetryPolicy {
    /// This policy with the overrides of a notification.
    #[must_use]
    pub fn with(&self, retry: &Retry) -> Self {
        Self {
            initial: retry.initial.unwrap_or(self.initial),
            factor: retry.factor.unwrap_or(self.factor),
            max: retry.max.unwrap_or(self.max),
            attempts: retry.attempts.unwrap_or(self.attempts),
        }
    }

    /// How long to wait after `failed` failed attempts; `None` if no attempt is
    /// left. A receiver can request a longer wait, up to an hour.
    #[must_use]
    pub fn wait(&self, failed: u32, retry_after: Option<Duration>) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let exponent = i32::try_from(failed.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        let own = Duration::try_from_secs_f64(seconds).unwrap_or(self.max).min(self.max);
        let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        Some(own.max(asked))
    }
}

fn wait(text: &str) -> Result<Duration, String> {
    within_a_day(kit::duration::parse(text)?).map_err(str::to_owned)
}

pub(super) fn within_a_day(wait: Duration) -> Result<Duration, &'static str> {
    if wait > LONGEST { Err("is longer than a day") } else { Ok(wait) }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if (1.0..=10.0).contains(&factor) => Ok(factor),
        _ => Err("must be a number from 1 to 10".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn default() -> RetryPolicy {
        RetryPolicy { initial: 30 * SECOND, factor: 2.0, max: 480 * SECOND, attempts: 7 }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> = (1..=7).map(|failed| default().wait(failed, None)).collect();
        let seconds = [30, 60, 120, 240, 480, 480].map(|seconds| Some(seconds * SECOND));
        assert_eq!(waits[..6], seconds);
        assert_eq!(waits[6], None, "seven attempts have six waits");
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() {
        let wait = |asked| default().wait(1, Some(asked * SECOND));
        assert_eq!(wait(1), Some(30 * SECOND));
        assert_eq!(wait(45), Some(45 * SECOND));
        assert_eq!(wait(86_400), Some(LONGEST_RETRY_AFTER));
        assert_eq!(default().wait(7, Some(SECOND)), None);
    }

    #[test]
    fn a_notification_may_ask_for_something_else() {
        let retry = Retry { attempts: Some(2), initial: Some(SECOND), ..Retry::default() };
        let policy = default().with(&retry);
        assert_eq!(policy.wait(1, None), Some(SECOND));
        assert_eq!(policy.wait(2, None), None);
        let text = serde_json::to_string(&retry).expect("JSON");
        assert_eq!(text, r#"{"initial":"1s","attempts":2}"#);
        assert_eq!(serde_json::from_str::<Retry>(&text).expect("it reads back"), retry);
    }

    proptest! {
        #[test]
        fn waits_never_shrink_nor_pass_the_longest(
            initial in 0..=86_400_000_u64,
            factor in 1.0..=10.0_f64,
            max in 0..=86_400_000_u64,
            failed in 1..19_u32,
        ) {
            let [initial, max] = [initial, max].map(Duration::from_millis);
            let policy = RetryPolicy { initial, factor, max, attempts: 20 };
            let [this, next] = [failed, failed + 1].map(|n| policy.wait(n, None).unwrap_or(max));
            prop_assert!(this <= next && next <= max);
        }
    }
}
