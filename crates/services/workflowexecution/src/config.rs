//! Flags and environment variables.

use std::time::Duration;

use kit::state::StateConfig;

/// Executes workflows of the catalog, step by step, one at a time on a target.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The configuration of every service.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database, and where audit events go; workflows come from there too.
    #[command(flatten)]
    pub state: StateConfig,

    /// How long things may take.
    #[command(flatten)]
    pub limits: Limits,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Limits {
    /// How long a step's request may take.
    #[arg(long, env, default_value = "30s", value_parser = kit::config::interval)]
    pub step_timeout: Duration,

    /// How long all steps may take together, for executions that do not say.
    #[arg(long, env, default_value = "30m", value_parser = kit::config::interval)]
    pub execution_timeout: Duration,

    /// How long a target is left alone after an execution on it has ended.
    #[arg(long, env, default_value = "5m", value_parser = kit::duration::parse)]
    pub cool_down: Duration,

    /// How often to ask whether a target is free again.
    #[arg(long, env, default_value = "1s", value_parser = kit::config::interval)]
    pub target_interval: Duration,

    /// How often the catalog is asked again for a workflow whose description cannot
    /// be understood. One that is unavailable is asked until it answers.
    #[arg(long, env, default_value_t = 5)]
    pub catalog_attempts: u32,
}
