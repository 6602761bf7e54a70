//! Writing a group to the database.

use std::time::Duration;

use kit::database::{DATABASE_PART, StoreError};
use tokio::time::timeout;

use super::inbox::{Group, Request};
use super::task::TrailTask;
use super::{AppendError, AppendOutcome};
use crate::audit::admission::Rejection;
use crate::audit::records::{RecordOutcome, Submission};

/// The outcomes of submissions, in their order.
type Outcomes = Vec<Result<RecordOutcome, Rejection>>;

impl TrailTask {
    /// Stores a group and answers it.
    ///
    /// # Errors
    /// The requests that are not answered yet, when the database is
    /// unavailable.
    pub(super) async fn store(&mut self, group: Group) -> Result<(), Group> {
        let submissions: Vec<_> = group
            .iter()
            .map(|request| Submission { events: &request.events, recorded_at: None })
            .collect();
        match self.record(&submissions, self.config.commit_timeout).await {
            Ok(outcomes) => {
                for (request, outcome) in group.into_iter().zip(outcomes) {
                    request.answer(match outcome {
                        Ok(recorded) => Ok(AppendOutcome::Stored(recorded.receipts)),
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
                // Store them one by one, so that only the failing request
                // fails.
                Err(group) => self.store_one_by_one(group).await,
            },
        }
    }

    /// Stores each request of a group in a transaction of its own.
    async fn store_one_by_one(&mut self, group: Group) -> Result<(), Group> {
        let mut left = group.into_iter();
        while let Some(request) = left.next() {
            if let Err(mut unanswered) = Box::pin(self.store(vec![request])).await {
                unanswered.extend(left);
                return Err(unanswered);
            }
        }
        Ok(())
    }

    /// Stores submissions, waits at most `limit` for the database, and records
    /// whether it is available.
    pub(super) async fn record(
        &self,
        submissions: &[Submission<'_>],
        limit: Duration,
    ) -> Result<Outcomes, StoreError> {
        let recording = timeout(limit, self.store.record_group(submissions));
        let too_late = |_| Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut));
        let outcomes = recording.await.unwrap_or_else(too_late);
        match &outcomes {
            Ok(outcomes) => {
                let stored = outcomes.iter().flatten().map(|outcome| outcome.stored).sum();
                self.metrics.stored.inc_by(stored);
                self.readiness.set_degraded(DATABASE_PART, false);
            }
            Err(StoreError::Unavailable(error)) => {
                tracing::warn!(%error, "the database is unavailable");
                self.readiness.set_degraded(DATABASE_PART, true);
            }
            Err(StoreError::Broken(_)) => {}
        }
        outcomes
    }
}
