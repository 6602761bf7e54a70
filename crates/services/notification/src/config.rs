//! Flags and environment variables.

use std::path::PathBuf;
use std::time::Duration;

use kit::database::DatabaseUrl;

use crate::model::RetryPolicy;

/// Sends notifications and keeps account of every attempt.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// What every service takes.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database, as `sqlite:///absolute/path/to/file.db`; it is made if
    /// there is none.
    #[arg(long, env = "DATABASE_URL", value_name = "DATABASE_URL")]
    pub database_url: DatabaseUrl,

    /// Where DataStorage is, as `http://host:port`; audit events go there.
    #[arg(long, env = "DATASTORAGE_URL", value_name = "DATASTORAGE_URL")]
    pub datastorage_url: String,

    /// The folder that the `file` channel writes to; it is made if there is
    /// none.
    #[arg(long, env = "OUTPUT_DIR", value_name = "OUTPUT_DIR")]
    pub output_dir: PathBuf,

    /// How long one attempt may take.
    #[arg(
        long,
        env = "SEND_TIMEOUT",
        value_name = "SEND_TIMEOUT",
        default_value = "10s",
        value_parser = kit::duration::parse
    )]
    pub send_timeout: Duration,

    /// How failed deliveries are tried again.
    #[command(flatten)]
    pub retry: RetryPolicy,
}
