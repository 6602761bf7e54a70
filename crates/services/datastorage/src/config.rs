//! Flags and environment variables.

use kit::database::DatabaseUrl;

/// Keeps the audit trail of all services and the catalog of workflows.
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
}
