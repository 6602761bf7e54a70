//! The run that this process belongs to.

use anyhow::Result;
use onetag_env::Environment;

use crate::{Endpoint, TrailReader};

/// The run that this process belongs to, as the harness handed it over.
#[derive(Clone, Debug)]
pub struct Run {
    environment: Environment,
}

impl Run {
    /// Reads the environment that nextest's setup script has exported.
    ///
    /// # Errors
    /// When this process does not belong to a run; the error says how to start
    /// one.
    pub fn of_process() -> Result<Self> {
        Ok(Self { environment: Environment::from_process()? })
    }

    /// Everything that the harness handed over.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Whether services of the run keep their state in this kind of database:
    /// `sqlite` or `postgres`.
    pub fn has_database(&self, kind: &str) -> bool {
        self.environment.databases.contains(kind)
    }

    /// A service of the run, to send requests to.
    ///
    /// # Errors
    /// When the run has no service of this name.
    pub fn service(&self, name: &str) -> Result<Endpoint> {
        Ok(Endpoint::new(self.environment.url(name)?))
    }

    /// Where services of the run reach a service of it: an address to hand to them.
    ///
    /// # Errors
    /// When the run has no such service, or that has no port.
    pub fn internal_url(&self, name: &str) -> Result<String> {
        Ok(self.environment.internal_url(name)?.to_owned())
    }

    /// The audit trail of the run.
    ///
    /// # Errors
    /// When the run has no DataStorage.
    pub fn trail(&self) -> Result<TrailReader> {
        Ok(TrailReader::new(self.service("datastorage")?))
    }
}
