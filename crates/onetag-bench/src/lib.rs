//! What a run of the harness costs, against the same done by hand.
//!
//! By hand means: `cargo build`, start the programs, wait until they are ready,
//! `cargo nextest run` with plain variables, stop the programs. Both ways build
//! and test a [copy](copy_workspace) of the workspace, since lines of it are
//! changed, and take turns, so that whatever else the machine does falls on both.
//! The harness is driven as a program, `cargo xtask e2e`.
//!
//! On podman or docker, by hand means: an image of each program from a containerfile,
//! `save`, `load`, and `run` in the place of starting it. The harness takes its turn
//! there and, to compare, with plain processes.
//!
//! In a cluster, by hand means: the same images, imported into its node, manifests that are
//! applied, and `kubectl port-forward`. The harness takes its turn with a whole run and, as
//! people work on a service, with a kept one.

mod by_hand;
mod call;
mod clock;
mod containers;
mod copy;
mod edit;
mod engine;
mod figures;
mod harness;
mod kept;
mod pods;
mod processes;
mod services;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::process::Command;

use camino::Utf8PathBuf;

pub use call::Call;
use clock::Lap;
pub use copy::copy_workspace;
pub use figures::{Figures, document, table};
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
    /// What makes images of services; none where they are plain processes.
    pub engine: Option<Engine>,
    /// Where services are pods; none where they run in the engine.
    pub cluster: Option<Cluster>,
    /// What the harness calls the place where services run.
    pub backend: String,
    /// The options with which it is told to run them there.
    pub options: Vec<String>,
}

/// An engine, as somebody would call it by hand.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Its program, which is also what the harness calls it.
    pub program: String,
    /// What `run` needs on this machine, whatever it runs.
    pub run: Vec<String>,
    /// A part of all names, which only this bench has. Tags of images end in it, after
    /// `-`.
    pub id: String,
}

/// A cluster of one node, as somebody would use it by hand.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// kubectl, with the option that names the context.
    pub kubectl: Call,
    /// `ctr`, with the options that name the images of the node.
    pub ctr: Call,
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
    /// Files and folders of its package that are part of its image.
    pub files: Vec<Utf8PathBuf>,
}

/// What depends on addresses, for one lap by hand.
pub struct Wiring {
    /// For each service, in the same order.
    pub services: Vec<WiredService>,
    /// The variables that the tests get.
    pub test_variables: Vec<(String, String)>,
    /// They keep the system from giving the ports to others.
    pub leases: Vec<OwnedFd>,
}

/// What one service gets.
pub struct WiredService {
    /// The arguments of its program.
    pub args: Vec<String>,
    /// All variables that it has.
    pub variables: BTreeMap<String, String>,
    /// The names of those variables that belong on no command line.
    pub secrets: BTreeSet<String>,
    /// The name of its image.
    pub image: String,
    /// Its ports on 127.0.0.1 and inside of its container.
    pub publish: Vec<(u16, u16)>,
    /// The folders of its container that it writes to.
    pub folders: Vec<Utf8PathBuf>,
    /// Whether it is ready; else what was seen.
    pub probe: Box<dyn Fn() -> Result<(), String>>,
}

/// Whoever measures.
pub trait Host {
    /// Chooses addresses, and makes the folders that services write to.
    ///
    /// # Errors
    ///
    /// When a value has no source, or something cannot be made.
    fn wire(&self) -> anyhow::Result<Wiring>;

    /// Takes out of the environment of a command what does not belong there.
    fn scrub(&self, command: &mut Command);

    /// Whether the measurement goes on.
    ///
    /// # Errors
    ///
    /// The signal that asked for the end.
    fn check(&self) -> anyhow::Result<()>;

    /// Shows a line of progress.
    fn show(&self, line: &str);
}
