//! The states of an image in a run, as types, and the ways from one to the next.
//!
//! Each phase takes the state before it by value, calls the backend, and returns
//! the state after it. The fields are private to this module, so nothing else can
//! make a state: what is deployed was loaded, what is loaded was built, and all of
//! it belongs to one run. The tests in `tests/compile-fail` keep it so.

use anyhow::{Context as _, ensure};

use crate::backend::{
    Deployed, Expected, ExternalImage, Pinned, ReadyWait, RunBackend, Seen, StoredImage,
};
use crate::build::Compiled;
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

/// The backend has the image under its name: what was built, or what an external
/// service runs.
#[derive(Debug)]
pub struct Loaded {
    digests: Expected,
    image: StoredImage,
    /// What an external service says of itself.
    version: Option<String>,
}

/// The image runs, and what runs it is ready.
#[derive(Debug)]
pub struct Running {
    digests: Expected,
    /// Which start of the keeper's it is.
    start: u64,
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
    /// `interrupt` ends the wait for it.
    pub fn load(
        self,
        backend: &RunBackend<'run>,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Image<'run, Loaded>> {
        let image = backend.load(&self.reference, &self.state.compiled, interrupt)?;
        let digests = self.state.compiled.digests();
        Ok(self.with(Loaded { digests, image, version: None }))
    }
}

impl<'run> Image<'run, Loaded> {
    /// Phase 3 of an external service: nothing of it is built, and what the backend has
    /// is what has to run, since this generation of the run.
    pub(crate) fn pin(run: &Run<'run>, pinned: &Pinned, generation: u32) -> Image<'run, Loaded> {
        let reference = run.minted().reference_of_external(pinned, generation);
        let ExternalImage { image, version, .. } = pinned.external().clone();
        let digests = Expected::Pinned { pinned: image.digest };
        Image { reference, state: Loaded { digests, image, version }, brand: run.brand() }
    }

    /// Phase 4: starts the services of images that do not need each other, and waits
    /// until all of them serve.
    ///
    /// The services that they need have to be ready before.
    ///
    /// # Errors
    ///
    /// When one is planned for another service, or does not start, ends, or is not
    /// ready in time; then with its last log lines. The first of them ends the wait for
    /// the others.
    pub fn deploy(
        level: Vec<(Image<'run, Loaded>, &PlannedService)>,
        backend: &RunBackend<'run>,
        waiting: &ReadyWait<'_>,
    ) -> anyhow::Result<Vec<Image<'run, Running>>> {
        let mut specs = Vec::new();
        for (image, planned) in &level {
            let (reference, name) = (&image.reference, &planned.service.name);
            ensure!(
                reference.service() == name,
                "{reference} was to be deployed as service `{name}`"
            );
            specs.push(backend.spec(reference, &image.state.image, planned)?);
        }
        if specs.is_empty() {
            return Ok(Vec::new());
        }
        let mut started = backend.start(specs)?;
        backend.wait_until_all_ready(started.values(), waiting)?;
        let running = level.into_iter().map(|(image, planned)| {
            let name = &planned.service.name;
            let started =
                started.remove(name).with_context(|| format!("`{name}` was not started"))?;
            let Loaded { digests, version, .. } = &image.state;
            let bytes = (*digests, version.clone());
            let deployed = backend.deployed(&image.reference, bytes, planned, &started)?;
            let digests = *digests;
            Ok(image.with(Running { digests, start: started.start, deployed }))
        });
        running.collect()
    }

    /// Takes up what runs already in a kept run, since this start of the keeper's.
    pub(crate) fn adopt(
        self,
        deployed: &Deployed,
        start: u64,
    ) -> anyhow::Result<Image<'run, Running>> {
        let digests = self.state.digests;
        ensure!(
            deployed.reference == self.reference.to_string() && deployed.digests == digests,
            "{} does not run as it was deployed",
            self.reference
        );
        let deployed = deployed.clone();
        Ok(self.with(Running { digests, start, deployed }))
    }
}

impl<'run> Image<'run, Running> {
    /// Phase 5: what every replica of each of these images runs, in their order.
    ///
    /// # Errors
    ///
    /// When a replica is gone or cannot be looked at.
    pub(crate) fn witness(
        images: &[Self],
        backend: &RunBackend<'run>,
    ) -> anyhow::Result<Vec<Vec<Seen>>> {
        let services = images.iter().map(|image| image.reference.service());
        let mut seen = backend.witness(services.clone().map(str::to_owned).collect())?;
        Ok(services.map(|service| seen.remove(service).unwrap_or_default()).collect())
    }

    /// Which start of the keeper's was waited for.
    pub(crate) fn start(&self) -> u64 {
        self.state.start
    }

    /// The digests of which one has to be the digest of what runs.
    pub fn digests(&self) -> Expected {
        self.state.digests
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
