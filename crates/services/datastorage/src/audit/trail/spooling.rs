//! Writing a group to the spool.

use contract::datastorage::to_microseconds;
use time::OffsetDateTime;

use super::inbox::{Group, Request};
use super::task::TrailTask;
use super::{AppendError, AppendOutcome};
use crate::audit::admission::check_alone;
use crate::spool::SpoolFull;

impl TrailTask {
    /// Puts a group into the spool and answers it.
    pub(super) async fn spool(&mut self, group: Group) {
        // All requests of the group get the same time.
        let accepted_at = to_microseconds(OffsetDateTime::now_utc());
        let (answers, requests): (Vec<_>, Vec<_>) =
            refuse_invalid(group).map(|Request { events, answer }| (answer, events)).unzip();
        let appended = self.spool.append(accepted_at, &requests).await;
        let outcomes = appended.unwrap_or_else(|error| {
            tracing::error!("the spool cannot be written; events are refused: {error:#}");
            Vec::new()
        });
        self.metrics.update(&self.spool);
        for (position, answer) in answers.into_iter().enumerate() {
            let outcome = match outcomes.get(position) {
                Some(Ok(())) => {
                    self.metrics.spooled.inc_by(requests[position].len() as u64);
                    Ok(AppendOutcome::Spooled)
                }
                Some(Err(SpoolFull)) => Err(AppendError::Unavailable("the spool is full")),
                None => Err(AppendError::Unavailable("the spool cannot be written")),
            };
            // The client may have stopped waiting.
            let _ = answer.send(outcome);
        }
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
