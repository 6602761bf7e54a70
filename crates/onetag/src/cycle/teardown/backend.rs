//! Removing what the backend made, from the ledger alone.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::{BackendResource, Runtime};
use crate::database;
use crate::report::Leftover;
use crate::run::RunFolder;
use crate::run::ledger::{Ledger, Record};
use crate::system::signals::Interrupt;
use crate::system::wait::bounded;

/// The kind of what the backend could not remove. The name says why.
pub(super) const RESOURCE: &str = "resource";

/// A runtime that removes, and looks for what is left.
pub(super) struct Remover {
    runtime: Arc<dyn Runtime>,
    limit: Duration,
}

impl Remover {
    /// Of the backend that the ledger names.
    ///
    /// # Errors
    ///
    /// When this program does not have it.
    pub(super) fn new(folder: &RunFolder, record: &Record) -> anyhow::Result<Remover> {
        let backend = record.backend()?.backend();
        Ok(Remover { runtime: (backend.runtime)(folder).into(), limit: backend.step_limit })
    }

    /// Removes everything that is not known to be gone, the last made first; things of
    /// one kind that were made one after the other at the same time. Returns what could
    /// not be removed.
    pub(super) fn remove(&self, outstanding: &[BackendResource], ledger: &Ledger) -> Vec<Leftover> {
        let mut left = Vec::new();
        for alike in outstanding.chunk_by(|one, next| one.what == next.what) {
            std::thread::scope(|scope| {
                let remove = |resource| scope.spawn(move || self.remove_one(resource, ledger));
                let removals: Vec<_> = alike.iter().map(remove).collect();
                for (removal, resource) in removals.into_iter().zip(alike) {
                    let removed = removal.join();
                    let Err(error) =
                        removed.unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")))
                    else {
                        continue;
                    };
                    let name = format!("{} {}: {error:#}", resource.what, resource.name);
                    left.push(Leftover { kind: RESOURCE, name });
                }
            });
        }
        left
    }

    fn remove_one(&self, resource: &BackendResource, ledger: &Ledger) -> anyhow::Result<()> {
        let what = format!("removing the {} of `{}`", resource.what, resource.name);
        let (runtime, removed) = (Arc::clone(&self.runtime), resource.clone());
        let remove = move || match removed.what.as_str() {
            // Whatever the backend: it is on no server of its own.
            database::ON_SERVER => database::drop_from_server(&removed),
            _ => runtime.remove(&removed),
        };
        if bounded(&what, self.limit, &Interrupt::default(), remove)? {
            super::note(
                ledger,
                &crate::run::ledger::Entry::Gone {
                    resource: crate::run::ledger::Resource::Backend(resource.clone()),
                },
            );
        }
        Ok(())
    }

    /// Looks for what is left in every place where the backend could have left it.
    pub(super) fn leftovers(&self, record: &Record) -> Vec<Leftover> {
        let runtime = Arc::clone(&self.runtime);
        let (outstanding, gone) = record.of_backend();
        let what = "looking for what the backend left";
        let look = move || runtime.leftovers(&outstanding, &gone);
        bounded(what, self.limit, &Interrupt::default(), look).unwrap_or_else(|error| {
            vec![Leftover { kind: RESOURCE, name: format!("unknown: {error:#}") }]
        })
    }
}
