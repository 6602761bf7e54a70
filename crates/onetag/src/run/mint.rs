//! Phase 0: the one function that mints, and what a run is to the later phases.

use std::marker::PhantomData;

use anyhow::Context as _;
use camino::Utf8Path;

use super::{FileLock, Layout, Origin, Reference, RunFolder, RunId, Tag, make_folder};
use crate::backend::{BackendKind, Cluster, Pinned};
use crate::run::ledger::{Entry, Ledger, Resource, VERSION};
use crate::system::signals::Interrupt;
use crate::workspace::{Registry, Service};

/// Ties a value to one run at compile time.
///
/// The lifetime is invariant and comes from [`MintedRun::enter`], so that what
/// belongs to one run is of another type than what belongs to the next.
pub(crate) type Brand<'run> = PhantomData<fn(&'run ()) -> &'run ()>;

/// A run that has its name, its folder, its ledger and its lock, and nothing
/// else yet.
#[derive(Debug)]
pub struct MintedRun {
    tag: Tag,
    backend: BackendKind,
    /// The registry that has its images.
    registry: Option<Registry>,
    folder: RunFolder,
    ledger: Ledger,
    /// None for a kept run whose keeper holds it alone.
    lock: Option<FileLock>,
}

/// Mints a run for a suite: the run id and the tag, once, and the folder that
/// holds its ledger.
///
/// Errors: the target folder cannot be written to.
pub(crate) fn mint(
    target_directory: &Utf8Path,
    workspace: &Utf8Path,
    consumer: &str,
    backend: BackendKind,
    cluster: Option<&Cluster>,
    interrupt: &Interrupt,
) -> anyhow::Result<MintedRun> {
    let run_id = RunId::mint();
    let layout = Layout::below(target_directory);
    let folder = layout.run(run_id);
    // Whoever looks for dead runs holds this lock too, and so never meets a
    // folder whose own lock is not taken yet.
    let _runs = layout.lock_runs(interrupt)?;
    make_folder(folder.path())?;
    let made = || {
        let lock = FileLock::try_take(&folder.lock())?
            .ok_or_else(|| anyhow::anyhow!("the new run folder {} is locked", folder.path()))?;
        let ledger = Ledger::open(folder.path())?;
        let origin = Origin::of(folder.path())
            .with_context(|| format!("cannot look at the new folder {}", folder.path()))?;
        ledger.write(&Entry::Run {
            version: VERSION,
            run_id,
            consumer: consumer.to_owned(),
            backend: backend.name().to_owned(),
            workspace: workspace.to_owned(),
            origin,
        })?;
        ledger.own(Resource::Folder { path: folder.path().to_owned() })?;
        for name in ["logs", "volumes", "databases"] {
            make_folder(&folder.path().join(name))?;
        }
        if let Some(cluster) = cluster {
            cluster.keep(&folder)?;
        }
        Ok(MintedRun {
            tag: Tag::new(consumer, run_id, 1),
            backend,
            registry: cluster.and_then(Cluster::registry).cloned(),
            folder: folder.clone(),
            ledger,
            lock: Some(lock),
        })
    };
    made().inspect_err(|_: &anyhow::Error| {
        // Half a run would be found and removed by the next one, but a full
        // disk is no reason to leave it until then.
        let _ = std::fs::remove_dir_all(folder.path());
    })
}

impl MintedRun {
    /// The tag of the run.
    pub fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Where its images run.
    pub(crate) fn backend(&self) -> BackendKind {
        self.backend
    }

    pub(crate) fn folder(&self) -> &RunFolder {
        &self.folder
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The run's lock, unless the keeper of a kept run holds it alone.
    pub(crate) fn lock(&self) -> Option<&FileLock> {
        self.lock.as_ref()
    }

    /// The name that a service's image has in this run.
    pub fn reference(&self, service: &Service) -> Reference {
        Reference::new(&service.name, &self.tag, self.registry.as_ref())
    }

    /// The name that a service's image got in an earlier generation.
    pub(crate) fn reference_of(&self, service: &Service, generation: u32) -> Reference {
        Reference::new(&service.name, &self.tag_of(generation), self.registry.as_ref())
    }

    /// What an external service runs since this generation.
    pub(crate) fn reference_of_external(&self, pinned: &Pinned, generation: u32) -> Reference {
        let name = &pinned.external().name;
        Reference::of_external(pinned.service(), &self.tag_of(generation), name)
    }

    fn tag_of(&self, generation: u32) -> Tag {
        Tag::new(self.tag.consumer(), self.tag.run_id(), generation)
    }

    /// The same run, of which something is about to be replaced: what is deployed
    /// from now on has the name of this generation.
    pub(crate) fn with_generation(self, generation: u32) -> MintedRun {
        MintedRun { tag: self.tag_of(generation), ..self }
    }

    /// Takes a kept run up again.
    pub(crate) fn reopen(
        folder: RunFolder,
        consumer: &str,
        backend: BackendKind,
        generation: u32,
        lock: Option<FileLock>,
    ) -> anyhow::Result<MintedRun> {
        let ledger = Ledger::open(folder.path())?;
        let tag = Tag::new(consumer, folder.run_id(), generation);
        let cluster = Cluster::of(&folder)?;
        let registry = cluster.as_ref().and_then(Cluster::registry).cloned();
        Ok(MintedRun { tag, backend, registry, folder, ledger, lock })
    }

    /// Goes through the phases of the run.
    ///
    /// Every run that is entered has a lifetime of its own: its images cannot
    /// be mixed with those of another.
    pub fn enter<R>(self, phases: impl for<'run> FnOnce(Run<'run>) -> R) -> R {
        phases(Run { minted: self, brand: PhantomData })
    }
}

/// A run whose phases are under way.
#[derive(Debug)]
pub struct Run<'run> {
    minted: MintedRun,
    brand: Brand<'run>,
}

impl<'run> Run<'run> {
    /// The name that a service's image has in this run.
    pub fn reference(&self, service: &Service) -> Reference {
        self.minted.reference(service)
    }

    /// The tag of the run.
    pub fn tag(&self) -> &Tag {
        &self.minted.tag
    }

    pub(crate) fn brand(&self) -> Brand<'run> {
        self.brand
    }

    pub(crate) fn folder(&self) -> &RunFolder {
        &self.minted.folder
    }

    pub(crate) fn minted(&self) -> &MintedRun {
        &self.minted
    }
}
