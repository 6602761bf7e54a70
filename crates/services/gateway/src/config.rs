//! Flags and environment variables.

use std::time::Duration;

use kit::state::StateConfig;

/// Makes remediation requests of alerts and events from outside.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The configuration of every service.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database, and where audit events go.
    #[command(flatten)]
    pub state: StateConfig,

    /// The URL of the RemediationOrchestrator, as `http://host:port`; requests are
    /// made there.
    #[arg(long, env, hide_env_values = true)]
    pub orchestrator_url: String,

    /// What is asked of signals.
    #[command(flatten)]
    pub limits: Limits,
}

/// What is asked of signals, and how long they may take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Limits {
    /// How long the orchestrator may take for all signals of a body, with
    /// repetitions; less than the 30 s that a request has.
    #[arg(long, env, default_value = "10s", value_parser = kit::config::interval)]
    pub orchestrator_budget: Duration,

    /// For how many signals of a body the orchestrator is called at the same time.
    #[arg(long, env, default_value = "16", value_parser = parallel)]
    pub parallel: usize,

    /// When to send signals again, if the orchestrator does not say.
    #[arg(long, env, default_value = "5s", value_parser = kit::config::interval)]
    pub retry_after: Duration,

    /// Whether `X-Timestamp` must be sent. Alertmanager cannot send it.
    #[arg(long, env, default_value_t = false, action = clap::ArgAction::Set)]
    pub require_timestamp: bool,

    /// How old `X-Timestamp` may be.
    #[arg(long, env, default_value = "5m", value_parser = kit::duration::parse)]
    pub timestamp_max_age: Duration,

    /// How far ahead of the clock `X-Timestamp` may be.
    #[arg(long, env, default_value = "2m", value_parser = kit::duration::parse)]
    pub timestamp_max_ahead: Duration,
}

fn parallel(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
    number.ok_or_else(|| "must be a whole number from 1 to 1000".to_owned())
}
