//! Flags and environment variables.

use std::time::Duration;

use anyhow::Context as _;
use kit::Peer;
use kit::config::interval;
use kit::state::StateConfig;

use crate::routing::RoutingLimits;

/// Leads a signal to its remedy, through the services that do the work.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The configuration of every service.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database, and where audit events go.
    #[command(flatten)]
    pub state: StateConfig,

    /// The services that do the work.
    #[command(flatten)]
    pub peers: PeersConfig,

    /// How long things may take.
    #[command(flatten)]
    pub limits: Limits,

    /// The rules that are asked before a workflow is executed.
    #[command(flatten)]
    pub routing: RoutingLimits,
}

/// The addresses of the services that do the work.
#[derive(Clone, Debug, clap::Args)]
pub struct PeersConfig {
    /// The URL of SignalProcessing, as `http://host:port`.
    #[arg(long, env, hide_env_values = true)]
    pub signalprocessing_url: String,

    /// The URL of AIAnalysis, as `http://host:port`.
    #[arg(long, env, hide_env_values = true)]
    pub aianalysis_url: String,

    /// The URL of WorkflowExecution, as `http://host:port`.
    #[arg(long, env, hide_env_values = true)]
    pub workflowexecution_url: String,

    /// The URL of Notification, as `http://host:port`.
    #[arg(long, env, hide_env_values = true)]
    pub notification_url: String,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Limits {
    /// How often to look at what other services do for a request, and at what holds
    /// it up.
    #[arg(long, env, default_value = "1s", value_parser = interval)]
    pub poll_interval: Duration,

    /// How long one call of another service may take.
    #[arg(long, env, default_value = "5s", value_parser = interval)]
    pub call_timeout: Duration,

    /// How long a request may take as a whole, without the time for which a rule
    /// holds it up.
    #[arg(long, env, default_value = "1h", value_parser = interval)]
    pub global_timeout: Duration,

    /// How long the signal may be processed.
    #[arg(long, env, default_value = "5m", value_parser = interval)]
    pub processing_timeout: Duration,

    /// How long the signal may be analyzed.
    #[arg(long, env, default_value = "10m", value_parser = interval)]
    pub analyzing_timeout: Duration,

    /// How long the workflow may be executed.
    #[arg(long, env, default_value = "30m", value_parser = interval)]
    pub executing_timeout: Duration,

    /// How long somebody has to agree to a workflow.
    #[arg(long, env, default_value = "15m", value_parser = interval)]
    pub approval_timeout: Duration,
}

/// The services that do the work.
#[derive(Clone, Debug)]
pub struct Peers {
    /// Enriches and classifies signals.
    pub signalprocessing: Peer,
    /// Finds out what to do.
    pub aianalysis: Peer,
    /// Executes workflows.
    pub workflowexecution: Peer,
    /// Tells people.
    pub notification: Peer,
}

impl Peers {
    /// The services at these addresses.
    ///
    /// # Errors
    ///
    /// When one of them cannot be used.
    pub fn new(config: &PeersConfig) -> anyhow::Result<Self> {
        let peer = |name, url: &str, variable| {
            Peer::new(name, url).with_context(|| format!("cannot use {variable}"))
        };
        Ok(Self {
            signalprocessing: peer(
                "signalprocessing",
                &config.signalprocessing_url,
                "SIGNALPROCESSING_URL",
            )?,
            aianalysis: peer("aianalysis", &config.aianalysis_url, "AIANALYSIS_URL")?,
            workflowexecution: peer(
                "workflowexecution",
                &config.workflowexecution_url,
                "WORKFLOWEXECUTION_URL",
            )?,
            notification: peer("notification", &config.notification_url, "NOTIFICATION_URL")?,
        })
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> [&Peer; 4] {
        [&self.signalprocessing, &self.aianalysis, &self.workflowexecution, &self.notification]
    }
}
