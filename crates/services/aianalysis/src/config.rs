//! Flags and environment variables.

use std::time::Duration;

use kit::state::StateConfig;

/// Finds out what is wrong, what to do, and whether somebody has to agree.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The configuration of every service.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database, and where audit events go.
    #[command(flatten)]
    pub state: StateConfig,

    /// The URL of holmesgpt-api, as `http://host:port`.
    #[arg(long, env, hide_env_values = true)]
    pub holmesgpt_url: String,

    /// The limits of an analysis.
    #[command(flatten)]
    pub limits: Limits,
}

/// The limits of an analysis.
#[derive(Clone, Debug, clap::Args)]
pub struct Limits {
    /// How long one call of holmesgpt-api may take; longer than its own limit.
    #[arg(long, env, default_value = "35s", value_parser = kit::config::interval)]
    pub call_timeout: Duration,

    /// How often holmesgpt-api is called for one analysis.
    #[arg(long, env, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub max_calls: u32,

    /// The wait after the first call that failed; it doubles with each.
    #[arg(long, env, default_value = "1s", value_parser = kit::config::interval)]
    pub backoff: Duration,

    /// The longest wait between two calls.
    #[arg(long, env, default_value = "5m", value_parser = kit::config::interval)]
    pub max_backoff: Duration,

    /// From which attempt at a remedy on somebody has to agree to the next one.
    #[arg(long, env, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub approval_attempt: u32,
}

impl Limits {
    /// How long to wait after so many calls that failed.
    #[must_use]
    pub fn wait(&self, calls: u32) -> Duration {
        let doublings = calls.saturating_sub(1).min(16);
        self.backoff.saturating_mul(1 << doublings).min(self.max_backoff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let limits = Limits {
            call_timeout: Duration::from_secs(1),
            max_calls: 100,
            backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(10),
            approval_attempt: 3,
        };
        let waits = [1, 2, 3, 4, 5, 100].map(|calls| limits.wait(calls).as_secs());
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
    }
}
