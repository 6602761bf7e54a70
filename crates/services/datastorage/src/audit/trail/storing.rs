//! A group goes to the database.

use std::time::Duration;

use kit::database::{PART, StoreError};
use tokio::time::timeout;

use super::inbox::{Group, Request};
use super::writer::{PATIENCE, Writer};
use super::{AppendError, Appended};
use crate::audit::admission::Rejection;
use crate::audit::records::{Recorded, Submission};

/// What became of submissions, in their order.
type Outcomes = Vec<Result<Recorded, Rejection>>;

impl Writer {
    /// Stores a group and answers it.
    ///
    /// # Errors
    /// What is not answered because the database is away.
    pub(super) async fn store(&mut self, group: Group) -> Result<(), Group> {
        let submissions: Vec<_> =
            group.iter().map(|it| Submission { events: &it.events, recorded_at: None }).collect();
        match self.record(&submissions, PATIENCE).await {
            Ok(outcomes) => {
                for (request, outcome) in group.into_iter().zip(outcomes) {
                    request.answer(match outcome {
                        Ok(recorded) => Ok(Appended::Stored(recorded.receipts)),
                        Err(rejection) => Err(AppendError::Rejected(rejection)),
                    });
                }
                Ok(())
            }
            Err(StoreError::Unavailable(_)) => Err(group),
            Err(StoreError::Broken(error)) => match <[Request; 1]>::try_from(group) {
                Ok([alone]) => {
                    alone.answer(Err(AppendError::Broken(error)));
                    Ok(())
                }
                // One of them is to blame, and the others must not suffer.
                Err(group) => self.store_apart(group).await,
            },
        }
    }

    /// Stores each request of a group by itself.
    async fn store_apart(&mut self, group: Group) -> Result<(), Group> {
        let mut left = group.into_iter();
        while let Some(request) = left.next() {
            if let Err(mut unanswered) = Box::pin(self.store(vec![request])).await {
                unanswered.extend(left);
                return Err(unanswered);
            }
        }
        Ok(())
    }

    /// Stores submissions, waits so long for the database at most, and notes
    /// whether it is there.
    pub(super) async fn record(
        &self,
        submissions: &[Submission<'_>],
        patience: Duration,
    ) -> Result<Outcomes, StoreError> {
        let recording = timeout(patience, self.store.record_group(submissions));
        let too_late = |_| Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut));
        let outcomes = recording.await.unwrap_or_else(too_late);
        match &outcomes {
            Ok(outcomes) => {
                let stored = outcomes.iter().flatten().map(|it| it.stored).sum();
                self.metrics.stored.inc_by(stored);
                self.readiness.set_degraded(PART, false);
            }
            Err(StoreError::Unavailable(error)) => {
                tracing::warn!(%error, "the database is away");
                self.readiness.set_degraded(PART, true);
            }
            Err(StoreError::Broken(_)) => {}
        }
        outcomes
    }
}
