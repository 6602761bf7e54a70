//! Flags and environment variables of a database.

use std::str::FromStr as _;
use std::time::Duration;

use super::url::DatabaseUrl;
use crate::config::Secret;

/// The database of a service. A service's own configuration flattens it in.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseConfig {
    /// The database: `sqlite:///absolute/path/to/file.db`, which is created if
    /// it does not exist, or `postgres://user:password@host:port/database`.
    #[arg(long, env, hide_env_values = true, value_parser = Secret(DatabaseUrl::from_str))]
    pub database_url: DatabaseUrl,

    /// How long a statement waits for the lock on a file of SQLite that another process
    /// holds. On PostgreSQL processes wait for their turn.
    #[arg(
        id = "database_lock_timeout",
        long = "database-lock-timeout",
        env = "DATABASE_LOCK_TIMEOUT",
        value_name = "DATABASE_LOCK_TIMEOUT",
        default_value = "2s",
        value_parser = crate::config::interval
    )]
    pub lock_timeout: Duration,

    /// How long a request waits for a connection; on PostgreSQL also how long it then
    /// waits for another process that writes. Together with the wait for a lock it should
    /// stay well below the 30 s that a request may take.
    #[arg(
        id = "database_turn_timeout",
        long = "database-turn-timeout",
        env = "DATABASE_TURN_TIMEOUT",
        value_name = "DATABASE_TURN_TIMEOUT",
        default_value = "5s",
        value_parser = crate::config::interval
    )]
    pub turn_timeout: Duration,

    /// Whether a commit to SQLite waits until the disk has it. Without that, what was
    /// acknowledged outlives the process, also when it is killed, and not a crash of the
    /// machine.
    #[arg(
        id = "database_sync",
        long = "database-sync",
        env = "DATABASE_SYNC",
        value_name = "DATABASE_SYNC",
        default_value_t = true,
        action = clap::ArgAction::Set
    )]
    pub sync: bool,
}

impl DatabaseConfig {
    /// A database with the default timeouts, whose commits the disk has.
    #[must_use]
    pub fn new(database_url: DatabaseUrl) -> Self {
        Self {
            database_url,
            lock_timeout: Duration::from_secs(2),
            turn_timeout: Duration::from_secs(5),
            sync: true,
        }
    }
}
