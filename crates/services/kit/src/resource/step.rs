//! What a step comes to.

use contract::AuditEvent;
use contract::resource::{Kind, Phase as _};
use time::OffsetDateTime;

use super::Row;

/// What a step, or somebody's decision, changes in a resource.
#[derive(Clone, Debug)]
pub struct Step<K: Kind> {
    pub(super) phase: K::Phase,
    /// What is known from then on.
    pub status: K::Status,
    pub(super) events: Vec<AuditEvent>,
    pub(super) next: Next,
    pub(super) claim: Option<String>,
    pub(super) release: Option<String>,
}

/// When the next step is due. After a final phase there is none, unless it is a
/// follow-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once.
    Now,
    /// At this time, by the database's clock; see [`Row::now`].
    At(OffsetDateTime),
    /// When somebody has decided.
    Decision,
    /// At once, after a final phase too.
    FollowUp,
}

impl<K: Kind> Step<K> {
    /// Into this phase, with this status; the next step is due at once.
    #[must_use]
    pub fn to(phase: K::Phase, status: K::Status) -> Self {
        Self { phase, status, events: Vec::new(), next: Next::Now, claim: None, release: None }
    }

    /// The phase that it leads to.
    #[must_use]
    pub fn phase(&self) -> K::Phase {
        self.phase
    }

    /// Tells the trail of something.
    #[must_use]
    pub fn tell(mut self, event: AuditEvent) -> Self {
        self.events.push(event);
        self
    }

    /// The next step is due at this time, by the database's clock.
    #[must_use]
    pub fn at(self, time: OffsetDateTime) -> Self {
        Self { next: Next::At(time), ..self }
    }

    /// The next step is due when somebody has decided.
    #[must_use]
    pub fn on_decision(self) -> Self {
        Self { next: Next::Decision, ..self }
    }

    /// Another step is due at once, even if this one leads to a final phase: what
    /// follows from the end, and must not hold it up. It stays in that phase. After a
    /// decision it begins once the step that is under way has ended.
    #[must_use]
    pub fn follow_up(self) -> Self {
        Self { next: Next::FollowUp, ..self }
    }

    /// The step only happens if no other unfinished resource has this claim, which
    /// the resource keeps until it is finished.
    #[must_use]
    pub fn claim(self, claim: impl Into<String>) -> Self {
        Self { claim: Some(claim.into()), ..self }
    }

    /// Leaves what the resource has claimed to others before it is finished.
    #[must_use]
    pub fn release(self, claim: impl Into<String>) -> Self {
        Self { release: Some(claim.into()), ..self }
    }

    /// When the next step is due, in microseconds since 1970.
    pub(super) fn due_at(&self, now: OffsetDateTime) -> Option<i64> {
        let due = match self.next {
            Next::FollowUp => now,
            _ if self.phase.is_final() => return None,
            Next::Now => now,
            Next::At(time) => time,
            Next::Decision => return None,
        };
        Some(crate::database::column::microseconds(due))
    }
}

impl<K: Kind> Row<K> {
    /// A step into this phase.
    #[must_use]
    pub fn to(&self, phase: K::Phase) -> Step<K> {
        Step::to(phase, self.status.clone())
    }

    /// A step that changes nothing.
    #[must_use]
    pub fn stay(&self) -> Step<K> {
        self.to(self.phase)
    }
}
