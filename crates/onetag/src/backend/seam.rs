//! What a backend is: an image store in the command, a runtime in the keeper.
//!
//! Everything else exists once: order, deadlines, readiness, ledger, lock, control,
//! the witness's verdict, diagnostics, teardown. Whoever calls one of these functions
//! bounds it, so none of them needs a deadline of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use camino::Utf8Path;
use onetag_control::Capability;

use super::Check;
use super::types::{
    ExternalImage, ImageBuild, Instance, Prepared, Probe, Seen, ServiceAddresses, ServicePorts,
    ServiceSpec, State, Stop, StoredImage, Sweep, SweptObject,
};
use crate::build::Compiled;
use crate::build::image::Digest;
use crate::report::Leftover;
use crate::run::ledger::{BackendResource, Ledger};
use crate::run::{Reference, RunFolder};
use crate::system::signals::Interrupt;
use crate::system::wait::side_by_side;
use crate::workspace::{DatabaseKind, External, Ready};

/// A backend: its name, and how its two halves are made for a run.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// What `--on`, ledger and `plan.json` call it.
    pub name: &'static str,
    /// The variables of whoever calls that services get.
    pub variables: &'static [&'static str],
    /// How long one of its steps may take, such as starting the services of a level.
    pub step_limit: Duration,
    /// How long a service may take to stop before it is killed.
    pub grace: Duration,
    /// What it runs of external services.
    pub externals: ExternalForm,
    /// Whether it builds images from containerfiles.
    pub builds_images: bool,
    /// The cluster that it runs them in, if it does.
    pub cluster: Option<ClusterForm>,
    /// What services on it may keep their state in, the default first.
    pub databases: &'static [DatabaseKind],
    /// Where it keeps images.
    pub images: fn(&RunFolder) -> Box<dyn ImageStore>,
    /// What runs them.
    pub runtime: fn(&RunFolder) -> Box<dyn Runtime>,
    /// Looks for what the harness made outside of the target folder and no run refers to
    /// any more, and removes what is of this target folder; for `gc`. Where the backend
    /// is not there, there is nothing.
    pub sweep: fn(&Sweep) -> anyhow::Result<Vec<SweptObject>>,
    /// Looks whether this machine has what it needs; for `doctor`. It works where no check
    /// fails.
    pub doctor: fn() -> Vec<Check>,
}

/// What a backend runs of an external service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalForm {
    /// A program of this machine, by the key `program`.
    Program,
    /// A published image, by the key `image`.
    Image,
}

/// Which cluster a backend runs images in. There, several copies of a service can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterForm {
    /// One that the caller names by its context.
    Named,
    /// One that the harness makes.
    Made,
}

/// Where a backend keeps images; in the command.
pub trait ImageStore: Send + Sync {
    /// Makes sure that what was built is there under this name.
    fn load(&self, reference: &Reference, compiled: &Compiled) -> anyhow::Result<StoredImage>;

    /// Builds an image from a containerfile under the names that it is to have, which are
    /// in the ledgers before; tells its digest. It may take long, so it ends by itself,
    /// and on a signal.
    fn build(&self, wanted: &ImageBuild, _interrupt: &Interrupt) -> anyhow::Result<Digest> {
        bail!("nothing here builds an image from {}", wanted.file)
    }

    /// Makes sure that what an external service runs is there. This may have to fetch it,
    /// so it may take longer than a step.
    fn external(&self, service: &str, external: &External) -> anyhow::Result<ExternalImage>;
}

/// What runs images; in the keeper, on several threads. [`Runtime::remove`] and
/// [`Runtime::leftovers`] are called in commands as well, on a runtime that has
/// prepared and started nothing.
///
/// Whatever it makes it writes to the ledger first.
pub trait Runtime: Send + Sync {
    /// Makes what services need before they start: ports, a network, a namespace.
    ///
    /// With what was prepared `before`, by this keeper or by one that is gone, it
    /// opens that again and adds what is new. What services an earlier keeper left it
    /// removes: they are started anew.
    fn prepare(
        &self,
        services: &[ServicePorts],
        before: Option<&Prepared>,
        ledger: &Ledger,
    ) -> anyhow::Result<Prepared>;

    /// Where a service that was prepared listens, and where others find it.
    fn addresses(&self, service: &ServicePorts) -> anyhow::Result<ServiceAddresses>;

    /// Starts services that do not need each other; they are not ready yet. On an
    /// error none of them runs, or what does stands in the ledger.
    fn start(&self, level: &[ServiceSpec], ledger: &Ledger) -> anyhow::Result<Vec<Instance>>;

    /// Where tests reach a port, of the service itself or a further one; the same for
    /// the whole run.
    fn reach(&self, instance: &Instance, port: Option<&str>) -> anyhow::Result<SocketAddr>;

    /// Asks once whether a service is ready, for this long at most.
    fn probe(&self, instance: &Instance, ready: &Ready, limit: Duration) -> anyhow::Result<Probe>;

    /// What to type or to change where a service does not get ready.
    fn advise(&self, _instance: &Instance) -> Vec<String> {
        Vec::new()
    }

    /// What keeps a service from getting ready and hardly will change, as a sentence: it
    /// listens elsewhere than it is to, for example.
    fn obstacle(&self, _instance: &Instance) -> Option<String> {
        None
    }

    /// What became of a service whose keeper is gone, as a table shows it; none if it is
    /// gone as well.
    fn survivor(&self, _resource: &BackendResource) -> Option<String> {
        None
    }

    /// The state of a service, with all its replicas.
    fn state(&self, instance: &Instance) -> anyhow::Result<State>;

    /// Ends a service, and returns once it has ended. One that has ended already is
    /// no error.
    fn stop(&self, instance: &Instance, how: Stop) -> anyhow::Result<()>;

    /// Halts a service, or lets it go on; returns once nothing of it moves any more.
    fn pause(&self, instance: &Instance, on: bool) -> anyhow::Result<()>;

    /// What every replica really runs, as it is now and not as it is remembered.
    fn witness(&self, instance: &Instance) -> anyhow::Result<Vec<Seen>>;

    /// The same of several services, in their order: for a backend that is asked once for
    /// all of them.
    fn witness_all(&self, all: &[Instance]) -> anyhow::Result<Vec<anyhow::Result<Vec<Seen>>>> {
        side_by_side(all, |instance| Ok(self.witness(instance)))
    }

    /// Brings the log of a service up to date, where it is not written there anyway.
    fn collect_logs(&self, instance: &Instance, log: &Utf8Path) -> anyhow::Result<()>;

    /// Copies a file out of the volume of a service, whether that runs or not; `from` is
    /// relative to the volume.
    fn copy_out(&self, service: &str, from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()>;

    /// Executes a program beside a service, where that runs, with these variables; it has
    /// to succeed. In commands as well.
    fn exec(
        &self,
        service: &str,
        _arguments: &[String],
        _variables: &BTreeMap<&str, &str>,
        _ledger: &Ledger,
    ) -> anyhow::Result<()> {
        anyhow::bail!("nothing can be executed beside `{service}`")
    }

    /// What suites can ask for.
    fn capabilities(&self) -> BTreeSet<Capability>;

    /// Removes what stands in the ledger, and says whether it is gone: what nothing
    /// proves to be the run's is left alone.
    fn remove(&self, resource: &BackendResource) -> anyhow::Result<bool>;

    /// Looks for the run in every place where the backend could have left something,
    /// whatever the ledger says; that tells what is `outstanding` and what is `gone`.
    fn leftovers(
        &self,
        outstanding: &[BackendResource],
        gone: &[BackendResource],
    ) -> anyhow::Result<Vec<Leftover>>;
}
