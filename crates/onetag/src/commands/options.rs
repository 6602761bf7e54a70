//! Options that several verbs have.

use clap::{Args, ValueEnum};

/// What goes to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

/// The cargo profile of the services.
#[derive(Clone, Debug, Args)]
pub(crate) struct Profile {
    /// Build the services with cargo's profile `release`
    #[arg(long, conflicts_with = "profile")]
    release: bool,
    /// Build the services with this cargo profile; tests keep their own
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

impl Profile {
    /// Its name; none for cargo's default.
    pub(crate) fn name(&self) -> Option<&str> {
        if self.release { Some("release") } else { self.profile.as_deref() }
    }
}
