//! Flags and environment variables.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use kit::state::StateConfig;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::model::{self, RetryPolicy};
use crate::routing::Routing;

/// Sends notifications and keeps account of every attempt.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The configuration of every service.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database, and where audit events go.
    #[command(flatten)]
    pub state: StateConfig,

    /// The folder that the `file` channel writes to; it is created if it does
    /// not exist.
    #[arg(long, env)]
    pub output_dir: PathBuf,

    /// The address of `slack` channels without one of their own: an incoming
    /// webhook of Slack. A secret.
    #[arg(long, env, hide_env_values = true)]
    pub slack_url: Option<SecretString>,

    /// A TOML document with the routing of notifications that name no channels;
    /// without it they go to the console.
    #[arg(long, env, conflicts_with = "routing")]
    pub routing_file: Option<PathBuf>,

    /// The same document itself. Its addresses may hold secrets.
    #[arg(long, env, hide_env_values = true)]
    pub routing: Option<SecretString>,

    /// How long one attempt may take.
    #[arg(long, env, default_value = "10s", value_parser = kit::duration::parse)]
    pub send_timeout: Duration,

    /// How failed deliveries are tried again.
    #[command(flatten)]
    pub retry: RetryPolicy,
}

impl Config {
    /// The address in `SLACK_URL`. It is parsed here and not by clap, whose
    /// errors show the value.
    ///
    /// # Errors
    ///
    /// When it is invalid; the error does not show it.
    pub fn slack_url(&self) -> anyhow::Result<Option<Url>> {
        let read = |secret: &SecretString| {
            model::http_url(secret.expose_secret()).map_err(|reason| {
                anyhow!("SLACK_URL {reason}\nhint: it is the whole address of the incoming webhook")
            })
        };
        self.slack_url.as_ref().map(read).transpose()
    }

    /// The rules in `ROUTING_FILE` or `ROUTING`. `slack_url` says whether there
    /// is a `SLACK_URL`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or the document is invalid.
    pub fn routing(&self, slack_url: bool) -> anyhow::Result<Routing> {
        if let Some(path) = &self.routing_file {
            let name = || format!("cannot use {} (ROUTING_FILE)", path.display());
            let text = std::fs::read_to_string(path).with_context(name)?;
            return Routing::read(&text, slack_url).with_context(name);
        }
        let text = self.routing.as_ref().map_or("", |routing| routing.expose_secret());
        Routing::read(text, slack_url).context("cannot use ROUTING")
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
