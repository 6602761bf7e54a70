//! Flags and environment variables.

use std::path::PathBuf;
use std::time::Duration;

use kit::database::DatabaseConfig;

/// Keeps the audit trail of all services and the catalog of workflows.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The configuration of every service.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// The folder of the spool, where events wait while the database is
    /// unavailable. It is created if it does not exist, must outlive a restart,
    /// and belongs to one process.
    #[arg(long, env)]
    pub spool_dir: PathBuf,

    /// How many events may wait in the spool; further ones are refused.
    #[arg(
        long,
        env,
        default_value_t = 100_000,
        value_parser = clap::value_parser!(u64).range(1..=10_000_000)
    )]
    pub spool_max_events: u64,

    /// How the trail waits for its database.
    #[command(flatten)]
    pub trail: TrailConfig,
}

/// How the trail waits for its database.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct TrailConfig {
    /// How long events wait for the database before they go to the spool. If the
    /// database tells earlier that it is unavailable, they go there at once.
    #[arg(long, env, default_value = "3s", value_parser = kit::config::interval)]
    pub commit_timeout: Duration,

    /// How often a database that is unavailable is asked whether it can be
    /// written again.
    #[arg(long, env, default_value = "500ms", value_parser = kit::config::interval)]
    pub probe_interval: Duration,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[test]
    fn every_flag_has_a_variable_and_secrets_are_not_shown() {
        for argument in Config::command().get_arguments() {
            let name = argument.get_id().as_str();
            if ["help", "version"].contains(&name) {
                continue;
            }
            assert!(argument.get_env().is_some(), "{name} has no variable");
            assert!(argument.get_help().is_some(), "{name} is not explained");
            assert_eq!(argument.is_hide_env_values_set(), name == "database_url", "{name}");
        }
        let arguments = ["", "--spool-dir", "/s", "--database-url", "mysql://ann:hunter2@host/d"];
        let error = Config::try_parse_from(arguments).expect_err("not supported").to_string();
        assert!(error.starts_with("error: invalid value for '--database-url "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
