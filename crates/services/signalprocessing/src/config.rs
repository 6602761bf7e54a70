//! Flags and environment variables.

use std::path::PathBuf;

use kit::state::StateConfig;

/// Enriches signals from an inventory and decides how urgent they are.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The configuration of every service.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database, and where audit events go.
    #[command(flatten)]
    pub state: StateConfig,

    /// A TOML document with the table of priorities; without it the built-in one
    /// holds. It is read again when it changes.
    #[arg(long, env)]
    pub policy_file: Option<PathBuf>,
}
