//! Loading images while cargo goes on: what is built early waits for nobody.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::run::load_image;
use super::{BackendKind, Expected, StoredImage, lock};
use crate::build::{Build, Compiled};
use crate::run::{MintedRun, Reference, RunFolder};
use crate::system::signals::Interrupt;
use crate::workspace::Plan;

/// What came of loads, by service.
type Loads = BTreeMap<String, anyhow::Result<StoredImage>>;

/// The bytes that have the name of a run's service, by service.
type Named = Arc<Mutex<BTreeMap<String, Expected>>>;

/// The loads of a new run that go on while cargo does.
///
/// Dropping it waits for them: whoever ends the run has to find all that they made.
#[derive(Debug, Default)]
pub(crate) struct EarlyLoads {
    thread: Option<JoinHandle<Loads>>,
    named: Named,
    done: Loads,
}

/// What the loads of a run wait for. They end with it.
#[derive(Debug)]
pub(crate) struct LoadSteps {
    references: BTreeMap<String, Reference>,
    named: Named,
    prepared: Sender<()>,
    built: Sender<(Reference, Compiled)>,
}

impl LoadSteps {
    /// The keeper has prepared the run.
    pub(crate) fn prepared(&self) {
        let _ = self.prepared.send(());
    }

    /// A service was built. What it is built to once more is not loaded.
    pub(crate) fn built(&self, compiled: &Compiled) {
        let service = compiled.service();
        let Some(reference) = self.references.get(service) else { return };
        let mut named = lock(&self.named);
        if !named.contains_key(service) {
            named.insert(service.to_owned(), compiled.digests());
            let _ = self.built.send((reference.clone(), compiled.clone()));
        }
    }
}

impl EarlyLoads {
    /// Begins to wait for what is to be loaded.
    pub(crate) fn begin(
        minted: &MintedRun,
        plan: &Plan,
        interrupt: &Interrupt,
    ) -> (LoadSteps, EarlyLoads) {
        let (prepared, is_prepared) = channel();
        let (built, services) = channel();
        let named = Named::default();
        let references = plan
            .services()
            .map(|planned| (planned.service.name.clone(), minted.reference(&planned.service)));
        let steps =
            LoadSteps { references: references.collect(), named: named.clone(), prepared, built };
        let loader = Loader {
            kind: minted.backend(),
            folder: minted.folder().clone(),
            interrupt: interrupt.clone(),
        };
        let load = move || loader.load(&is_prepared, services);
        // Without the thread all is loaded later.
        let thread = thread::Builder::new().name("loads".to_owned()).spawn(load).ok();
        (steps, EarlyLoads { thread, named, done: Loads::new() })
    }

    /// Whether all that has a name is what was built in the end.
    pub(crate) fn are_of(&self, build: &Build) -> bool {
        let named = lock(&self.named);
        named.iter().all(|(service, digests)| {
            build.service(service).is_ok_and(|compiled| compiled.digests() == *digests)
        })
    }

    /// What came of loading the image of a service; none if that is still to be done.
    /// Waits for all.
    pub(super) fn take(&mut self, service: &str) -> Option<anyhow::Result<StoredImage>> {
        self.wait();
        self.done.remove(service)
    }

    fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.done = thread.join().unwrap_or_default();
        }
    }
}

impl Drop for EarlyLoads {
    fn drop(&mut self) {
        self.wait();
    }
}

/// What the thread knows of its run.
struct Loader {
    kind: BackendKind,
    folder: RunFolder,
    interrupt: Interrupt,
}

impl Loader {
    fn load(&self, is_prepared: &Receiver<()>, services: Receiver<(Reference, Compiled)>) -> Loads {
        if is_prepared.recv().is_err() {
            return Loads::new();
        }
        thread::scope(|scope| {
            let loads = services.into_iter().map(|(reference, compiled)| {
                let name = compiled.service().to_owned();
                let load = move || {
                    load_image(self.kind, &self.folder, &reference, &compiled, &self.interrupt)
                };
                (name, scope.spawn(load))
            });
            // All that is built, before the first one is waited for.
            let loads: Vec<_> = loads.collect();
            let done = loads.into_iter().filter_map(|(name, load)| Some((name, load.join().ok()?)));
            done.collect()
        })
    }
}
