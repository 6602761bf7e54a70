//! Writing a group to the spool.

use std::sync::{Arc, PoisonError};

use contract::datastorage::to_microseconds;
use time::OffsetDateTime;

use super::inbox::{Group, Request};
use super::task::TrailTask;
use super::{AppendError, AppendOutcome};
use crate::audit::admission::check_alone;
use crate::spool::{Entry, Spool, SpoolFull};

impl TrailTask {
    /// Puts a group into the spool and answers it.
    pub(super) async fn spool(&mut self, group: Group) {
        // All requests of the group get the same time.
        let taken_at = to_microseconds(OffsetDateTime::now_utc());
        let (answers, entries): (Vec<_>, Vec<_>) = refuse_invalid(group)
            .map(|Request { events, answer }| (answer, Entry { taken_at, events }))
            .unzip();
        let counts: Vec<_> = entries.iter().map(|entry| entry.events.len() as u64).collect();
        let appended = self.on_disk(move |spool| spool.append(&entries)).await;
        let outcomes = appended.unwrap_or_else(|error| {
            tracing::error!(%error, "the spool cannot be written; events are refused");
            Vec::new()
        });
        for (position, answer) in answers.into_iter().enumerate() {
            let outcome = match outcomes.get(position) {
                Some(Ok(())) => {
                    self.metrics.spooled.inc_by(counts[position]);
                    Ok(AppendOutcome::Spooled)
                }
                Some(Err(SpoolFull)) => Err(AppendError::Unavailable("the spool is full")),
                None => Err(AppendError::Unavailable("the spool cannot be written")),
            };
            // The client may have stopped waiting.
            let _ = answer.send(outcome);
        }
    }

    /// Runs `work` on the spool in a thread that may block.
    pub(super) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Spool) -> T + Send + 'static,
    ) -> T {
        let (spool, metrics) = (Arc::clone(&self.spool), self.metrics.clone());
        let task = tokio::task::spawn_blocking(move || {
            let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
            let result = work(&mut spool);
            metrics.update(&spool);
            result
        });
        match task.await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    pub(super) fn is_spool_empty(&self) -> bool {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner).depth() == 0
    }
}

/// Refuses the requests that are invalid in any database, and returns the
/// others.
fn refuse_invalid(group: Group) -> impl Iterator<Item = Request> {
    group.into_iter().filter_map(|request| match check_alone(&request.events) {
        Ok(()) => Some(request),
        Err(rejection) => {
            request.answer(Err(AppendError::Rejected(rejection)));
            None
        }
    })
}
