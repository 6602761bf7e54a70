//! Flags and environment variables.

use std::sync::Arc;
use std::time::Duration;

use kit::state::StateConfig;
use secrecy::SecretString;

use crate::model::{ChatCompletions, Deterministic, Model};

/// Finds root causes with a model and chooses workflows of the catalog.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Config {
    /// The configuration of every service.
    #[command(flatten)]
    pub common: kit::Common,

    /// The database, and where audit events go.
    #[command(flatten)]
    pub state: StateConfig,

    /// The address of an OpenAI-compatible interface, as `http://host:port/v1`:
    /// a server nearby, or a proxy that speaks TLS. Without it the answer depends
    /// on the type of the signal alone.
    #[arg(long, env, hide_env_values = true)]
    pub llm_url: Option<String>,

    /// The name of the model there.
    #[arg(long, env, requires = "llm_url")]
    pub llm_model: Option<String>,

    /// The key for it. A secret.
    #[arg(long, env, hide_env_values = true, requires = "llm_url")]
    pub llm_api_key: Option<SecretString>,

    /// How long one answer of it may take.
    #[arg(long, env, default_value = "8s", value_parser = kit::config::interval)]
    pub llm_timeout: Duration,

    /// The limits of an analysis.
    #[command(flatten)]
    pub limits: Limits,
}

/// The limits of an analysis.
#[derive(Clone, Debug, clap::Args)]
pub struct Limits {
    /// How long the model may be asked, all attempts and waits together; a request
    /// ends after 30 s.
    #[arg(long, env, default_value = "20s", value_parser = kit::config::interval)]
    pub analysis_timeout: Duration,

    /// The wait before a model that did not answer is asked again, and twice that
    /// the next time. `Retry-After` of the model goes before it.
    #[arg(long, env, default_value = "500ms", value_parser = kit::config::interval)]
    pub llm_backoff: Duration,

    /// How often a model is asked for one analysis.
    #[arg(long, env, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub llm_attempts: u32,

    /// The confidence below which a person has to look at a choice, from 0 to 1.
    #[arg(long, env, default_value = "0.7", value_parser = fraction)]
    pub min_confidence: f64,

    /// How many workflows a model may choose from.
    #[arg(long, env, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub candidates: u32,

    /// How long the waits between the calls of a catalog that does not answer may
    /// be, together.
    #[arg(long, env, default_value = "2s", value_parser = kit::duration::parse)]
    pub catalog_budget: Duration,
}

impl Config {
    /// The model that is configured.
    ///
    /// # Errors
    ///
    /// When its address cannot be used, or it has no name.
    pub fn model(&self) -> anyhow::Result<Arc<dyn Model>> {
        let Some(url) = &self.llm_url else { return Ok(Arc::new(Deterministic)) };
        let Some(name) = &self.llm_model else {
            anyhow::bail!("LLM_URL needs LLM_MODEL\nhint: set LLM_MODEL to the model's name there");
        };
        let key = self.llm_api_key.clone();
        Ok(Arc::new(ChatCompletions::new(url, name, key, self.llm_timeout)?))
    }
}

fn fraction(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}
