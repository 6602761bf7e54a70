//! What a run of the harness costs, against the same done by hand.
//!
//! By hand means: `cargo build`, start the programs, wait until they are ready,
//! `cargo nextest run` with plain variables, stop the programs. Both ways build
//! and test a [copy](copy_workspace) of the workspace, since lines of it are
//! changed, and take turns, so that whatever else the machine does falls on both.
//!
//! The harness is driven as a program, `cargo xtask e2e`. What a shell script
//! would have written down comes as plain values in [`Bench`], and what depends on
//! addresses from a [`Host`].

mod by_hand;
mod copy;
mod edit;
mod figures;
mod harness;
mod processes;
mod services;
mod session;
mod wait;

use std::collections::BTreeMap;
use std::process::Command;

use camino::Utf8PathBuf;

pub use copy::copy_workspace;
pub use figures::{Case, Figures, document, table};
pub use session::measure;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The name of the suite.
    pub suite: String,
    /// Laps of each way in each case.
    pub pairs: usize,
    /// The folder of the copy in which cargo is called.
    pub folder: Utf8PathBuf,
    /// The folder into which cargo builds the copy.
    pub target: Utf8PathBuf,
    /// Where what services write by hand lies; emptied before each lap.
    pub scratch: Utf8PathBuf,
    /// The program `cargo`.
    pub cargo: String,
    /// The subcommand of cargo that builds the services, with its options.
    pub build: Vec<String>,
    /// The options of `cargo nextest run` that name packages and test targets.
    pub tests: Vec<String>,
    /// The cargo profile of the services; none for cargo's default.
    pub profile: Option<String>,
    /// The filterset of the suite.
    pub filterset: String,
    /// What the caller narrows the suite down to: a filterset.
    pub narrowed: Option<String>,
    /// What nextest gets as well, both ways.
    pub nextest: Vec<String>,
    /// In the order in which they are started.
    pub services: Vec<Service>,
}

/// A service, as somebody would start it by hand.
#[derive(Clone, Debug)]
pub struct Service {
    /// Unique among the services.
    pub name: String,
    /// What cargo calls its package.
    pub package_id: String,
    /// The folder of its package, in which it is started.
    pub folder: Utf8PathBuf,
    /// The name of its program.
    pub binary: String,
    /// The services that are ready before it.
    pub needs: Vec<String>,
    /// Its ports, each by a name that is unique among all services.
    pub ports: Vec<String>,
    /// How it is known to be ready.
    pub ready: Ready,
}

/// How a service is known to be ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// The path answers with a status of 200 to 299.
    Http {
        /// The name of the port.
        port: String,
        /// With its slash.
        path: String,
    },
    /// The port of this name accepts connections.
    Tcp(String),
    /// It was started.
    Started,
}

/// Ports of 127.0.0.1 by their names.
pub type Ports = BTreeMap<String, u16>;

/// What a service gets.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The arguments of its program.
    pub args: Vec<String>,
    /// All variables that it has.
    pub variables: BTreeMap<String, String>,
}

/// Whoever measures.
pub trait Host {
    /// What a service gets; folders that it names are made.
    ///
    /// # Errors
    ///
    /// When a value has no source, or a folder cannot be made.
    fn settings(&self, service: &str, ports: &Ports) -> anyhow::Result<Settings>;

    /// The variables that the tests get.
    ///
    /// # Errors
    ///
    /// When a port has no name that is known.
    fn test_variables(&self, ports: &Ports) -> anyhow::Result<Vec<(String, String)>>;

    /// Takes out of the environment of a command what does not belong there.
    fn scrub(&self, command: &mut Command);

    /// An error once a signal asked for the end; it ends the measurement.
    ///
    /// # Errors
    ///
    /// Which signal it was.
    fn check(&self) -> anyhow::Result<()>;

    /// Shows a line of progress.
    fn show(&self, line: &str);
}

/// How long one way took, and where that time went.
#[derive(Clone, Debug, PartialEq)]
pub struct Lap {
    /// From the first command to the end of the last.
    pub seconds: f64,
    /// Its steps in order, in seconds.
    pub steps: Vec<(String, f64)>,
}
