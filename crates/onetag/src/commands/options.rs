//! Options that several verbs have.

use clap::{Args, ValueEnum};

use crate::backend::BackendKind;

/// What goes to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

/// Where images run.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct On {
    /// Run the images on this backend: `process`, which is the default
    #[arg(long = "on", value_name = "BACKEND", value_parser = BackendKind::named)]
    pub(super) backend: Option<BackendKind>,
}

/// Options of the verbs that build.
#[derive(Clone, Debug, Args)]
pub(crate) struct BuildOptions {
    /// Build the services with cargo's profile `release`
    #[arg(long, conflicts_with = "profile")]
    release: bool,
    /// Build the services with this cargo profile; tests keep their own
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// What goes to stdout besides the talk on stderr
    #[arg(long, value_enum, default_value = "human")]
    pub(super) format: Format,
}

impl BuildOptions {
    /// The cargo profile of the services; none for cargo's default.
    pub(super) fn profile(&self) -> Option<String> {
        if self.release { Some("release".to_owned()) } else { self.profile.clone() }
    }
}
