//! The states of an image in a run, as types, and the ways from one to the next.
//!
//! Each phase takes the state before it by value, calls the backend, and returns
//! the state after it. The fields are private to this module, so nothing else can
//! make a state: what is deployed was loaded, what is loaded was built, and all of
//! it belongs to one run. The tests in `tests/compile-fail` keep it so.

use std::time::Duration;

use anyhow::ensure;

use crate::backend::{Deployed, Process, Replica, Seen};
use crate::build::Compiled;
use crate::build::image::Digests;
use crate::run::{Brand, Reference, Run};
use crate::system::signals::Interrupt;
use crate::workspace::{PlannedService, Service};

/// An image of the run `'run`, in state `S`.
#[derive(Debug)]
pub struct Image<'run, S> {
    reference: Reference,
    state: S,
    brand: Brand<'run>,
}

/// The image has its name.
#[derive(Debug)]
pub struct Minted(());

/// The image has its bytes: those that this invocation built.
#[derive(Debug)]
pub struct Built {
    compiled: Compiled,
}

/// The image is in the backend's store under its name.
#[derive(Debug)]
pub struct Loaded {
    compiled: Compiled,
}

/// The image runs, and what runs it is ready.
#[derive(Debug)]
pub struct Running {
    compiled: Compiled,
    replicas: Vec<Replica>,
    deployed: Deployed,
}

impl<S> Image<'_, S> {
    /// The name of the image.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}

impl<'run> Image<'run, Minted> {
    /// The image of a service, as the run names it.
    pub fn mint(run: &Run<'run>, service: &Service) -> Image<'run, Minted> {
        Image { reference: run.reference(service), state: Minted(()), brand: run.brand() }
    }

    /// The image of a service, as an earlier generation of the run named it.
    pub(crate) fn of_generation(
        run: &Run<'run>,
        service: &Service,
        generation: u32,
    ) -> Image<'run, Minted> {
        let reference = run.minted().reference_of(service, generation);
        Image { reference, state: Minted(()), brand: run.brand() }
    }

    /// Phase 1: gives the image its bytes.
    ///
    /// # Errors
    ///
    /// When they were built for another service.
    pub fn build(self, compiled: &Compiled) -> anyhow::Result<Image<'run, Built>> {
        let (wanted, got) = (self.reference.service(), compiled.service());
        ensure!(wanted == got, "the image of `{wanted}` was given the bytes of `{got}`");
        Ok(self.with(Built { compiled: compiled.clone() }))
    }
}

impl<'run> Image<'run, Built> {
    /// Phase 3: makes sure that the backend has the image under its name.
    ///
    /// # Errors
    ///
    /// When the backend cannot store it, or what it has are other bytes.
    pub fn load(self, backend: &Process<'run>) -> anyhow::Result<Image<'run, Loaded>> {
        backend.load(&self.reference, &self.state.compiled)?;
        let compiled = self.state.compiled.clone();
        Ok(self.with(Loaded { compiled }))
    }
}

impl<'run> Image<'run, Loaded> {
    /// Phase 4: starts the service of this image, and waits until it serves.
    ///
    /// The services that it needs have to be ready before.
    ///
    /// # Errors
    ///
    /// When `planned` is another service, or the service does not start, ends, or is
    /// not ready within `limit`; then with its last log lines. `interrupt` ends the
    /// wait.
    pub fn deploy(
        self,
        backend: &Process<'run>,
        planned: &PlannedService,
        limit: Duration,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Image<'run, Running>> {
        let (reference, compiled) = (&self.reference, &self.state.compiled);
        let name = &planned.service.name;
        ensure!(reference.service() == name, "{reference} was to be deployed as service `{name}`");
        let (replicas, deployed) = backend.start(reference, compiled, planned, limit, interrupt)?;
        let compiled = compiled.clone();
        Ok(self.with(Running { compiled, replicas, deployed }))
    }

    /// Takes up what runs already in a kept run.
    ///
    /// # Errors
    ///
    /// When `deployed` is another service, or was deployed with other bytes.
    pub(crate) fn adopt(
        self,
        deployed: &Deployed,
        replicas: Vec<Replica>,
    ) -> anyhow::Result<Image<'run, Running>> {
        let compiled = self.state.compiled.clone();
        ensure!(
            deployed.reference == self.reference.to_string()
                && deployed.digests == *compiled.digests(),
            "{} does not run as it was deployed",
            self.reference
        );
        let deployed = deployed.clone();
        Ok(self.with(Running { compiled, replicas, deployed }))
    }
}

impl<'run> Image<'run, Running> {
    /// Phase 5: what every replica runs.
    ///
    /// # Errors
    ///
    /// When a replica is gone or cannot be looked at.
    pub(crate) fn witness(&self, backend: &Process<'run>) -> anyhow::Result<Vec<Seen>> {
        let Running { compiled, replicas, .. } = &self.state;
        backend.witness(compiled, replicas)
    }

    /// The same image, after what runs it was started again.
    pub(crate) fn now_run_by(mut self, replicas: Vec<Replica>) -> Image<'run, Running> {
        self.state.replicas = replicas;
        self
    }

    /// The digests of which one has to be the digest of what runs.
    pub fn digests(&self) -> &Digests {
        self.state.compiled.digests()
    }

    pub(crate) fn replicas(&self) -> &[Replica] {
        &self.state.replicas
    }

    /// How it was deployed.
    pub(crate) fn deployed(&self) -> &Deployed {
        &self.state.deployed
    }
}

impl<'run, S> Image<'run, S> {
    /// The same image in its next state.
    fn with<T>(self, state: T) -> Image<'run, T> {
        Image { reference: self.reference, state, brand: self.brand }
    }
}
