//! The states of an image in a run, as types.
//!
//! Each phase takes the state before it by value, and only a phase makes the
//! state after it. What is deployed was loaded, what is loaded was built, and all
//! of it belongs to one run: anything else does not compile. The tests in
//! `tests/compile-fail` keep it so.

use anyhow::ensure;

use crate::build::image::Digests;
use crate::build::{CachedExecutable, Compiled};
use crate::run::{Brand, Reference};

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
    url: String,
}

/// One running copy of an image.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) name: String,
    /// The process behind it, on the `process` backend.
    pub(crate) pid: u32,
}

impl Replica {
    /// The only copy of a service, on the `process` backend.
    pub(crate) fn first(service: &str, pid: u32) -> Replica {
        Replica { name: format!("{service}-0"), pid }
    }
}

impl<S> Image<'_, S> {
    /// The name of the image.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}

impl<'run> Image<'run, Minted> {
    pub(crate) fn minted(reference: Reference, brand: Brand<'run>) -> Image<'run, Minted> {
        Image { reference, state: Minted(()), brand }
    }

    /// Gives the image its bytes.
    ///
    /// Errors: they were built for another service.
    pub fn built(self, compiled: &Compiled) -> anyhow::Result<Image<'run, Built>> {
        let (wanted, got) = (self.reference.service(), compiled.service());
        ensure!(wanted == got, "the image of `{wanted}` was given the bytes of `{got}`");
        let state = Built { compiled: compiled.clone() };
        Ok(Image { reference: self.reference, state, brand: self.brand })
    }
}

impl<'run> Image<'run, Built> {
    pub(crate) fn loaded(self) -> Image<'run, Loaded> {
        let state = Loaded { compiled: self.state.compiled };
        Image { reference: self.reference, state, brand: self.brand }
    }

    pub(crate) fn stored(&self) -> &CachedExecutable {
        self.state.compiled.executable()
    }
}

impl<'run> Image<'run, Loaded> {
    pub(crate) fn running(self, replicas: Vec<Replica>, url: String) -> Image<'run, Running> {
        let state = Running { compiled: self.state.compiled, replicas, url };
        Image { reference: self.reference, state, brand: self.brand }
    }

    /// What names the bytes that are about to run.
    pub fn digests(&self) -> &Digests {
        self.state.compiled.digests()
    }

    pub(crate) fn stored(&self) -> &CachedExecutable {
        self.state.compiled.executable()
    }
}

impl<'run> Image<'run, Running> {
    /// What runs already, from the record of a kept run, with the bytes that
    /// were built just now and were found to be the same.
    pub(crate) fn resumed(
        reference: Reference,
        compiled: &Compiled,
        replicas: Vec<Replica>,
        url: String,
        brand: Brand<'run>,
    ) -> Image<'run, Running> {
        let state = Running { compiled: compiled.clone(), replicas, url };
        Image { reference, state, brand }
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

    /// Where the service answers.
    pub fn url(&self) -> &str {
        &self.state.url
    }

    pub(crate) fn replicas(&self) -> &[Replica] {
        &self.state.replicas
    }

    pub(crate) fn stored(&self) -> &CachedExecutable {
        self.state.compiled.executable()
    }
}
