//! What a service decides.

use contract::AuditEvent;
use contract::resource::Kind;

use super::{Row, Rows, Step};
use crate::check::Violations;

/// The rules of a service for one kind of resource. A value holds what they need:
/// peers, policies, limits. Cheap to clone.
pub trait Rules: Clone + Send + Sync + 'static {
    /// The kind of resource.
    type Kind: Kind;

    /// The rules of [`admit`](Self::admit), for the document; see
    /// [`RULES`](crate::document::RULES).
    const RULES: &'static [&'static str] = &[];

    /// Whether something made elsewhere has to be removed before a resource is gone;
    /// see [`remove`](Self::remove).
    const REMOVES: bool = false;

    /// Checks what the schema of a spec cannot express, and completes the spec.
    fn admit(&self, spec: &mut <Self::Kind as Kind>::Spec, violations: &mut Violations) {
        let _ = (spec, violations);
    }

    /// What no two unfinished resources may have in common. A request for a second
    /// one is answered with the first, after [`again`](Self::again).
    fn identity(&self, spec: &<Self::Kind as Kind>::Spec) -> Option<String> {
        let _ = spec;
        None
    }

    /// What a request changes that is answered with a resource that exists.
    fn again(&self, row: &mut Row<Self::Kind>) -> Vec<AuditEvent> {
        let _ = row;
        Vec::new()
    }

    /// Takes over what [`again`](Self::again) has changed while the step was under way:
    /// from the status that there is, into the status of the step. Requests that come
    /// more often than a step lasts must not keep it from being stored.
    fn keep(&self, from: &<Self::Kind as Kind>::Status, into: &mut <Self::Kind as Kind>::Status) {
        let _ = (from, into);
    }

    /// What the trail is told of a new resource.
    fn created(&self, row: &Row<Self::Kind>) -> Vec<AuditEvent> {
        let _ = row;
        Vec::new()
    }

    /// By what [`Rows::with`] finds a resource: names of keys, and values.
    fn keys(&self, row: &Row<Self::Kind>) -> Vec<(&'static str, String)> {
        let _ = row;
        Vec::new()
    }

    /// One step of an unfinished resource. Effects happen here, outside of any
    /// transaction; after a crash it runs again.
    ///
    /// # Errors
    ///
    /// What may pass: the step is tried again, with growing waits. What does not is
    /// for the service to conclude, as a phase.
    fn step(
        &self,
        row: &Row<Self::Kind>,
        others: &Rows<Self::Kind>,
    ) -> impl Future<Output = anyhow::Result<Step<Self::Kind>>> + Send;

    /// What is done instead of a step whose [claim](Step::claim) another resource
    /// has, which has this name. Without a rule of its own, the step is tried again
    /// in a second.
    fn taken(&self, row: &Row<Self::Kind>, by: &str) -> Step<Self::Kind> {
        tracing::debug!(by, "what the step needs is taken");
        row.stay().at(row.now + time::Duration::SECOND)
    }

    /// What the trail is told when the phase changes from this one.
    fn moved(&self, from: <Self::Kind as Kind>::Phase, row: &Row<Self::Kind>) -> Vec<AuditEvent> {
        let _ = (from, row);
        Vec::new()
    }

    /// Removes what a deleted resource has made elsewhere. It may run again.
    ///
    /// # Errors
    ///
    /// What may pass: it is tried again, with growing waits.
    fn remove(&self, row: &Row<Self::Kind>) -> impl Future<Output = anyhow::Result<()>> + Send {
        let _ = row;
        async { Ok(()) }
    }
}
