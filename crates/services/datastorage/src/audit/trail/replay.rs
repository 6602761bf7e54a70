//! Moving events from the spool to the database.

use std::slice::from_ref;

use kit::database::StoreError;

use super::task::{MAX_REPLAY_TIMEOUT, TrailTask, Unavailable};
use crate::audit::admission::Rejection;
use crate::audit::records::Submission;
use crate::spool::{DeadLetter, SpooledEvent};

/// How many events are replayed in one transaction. New events wait for its end.
const CHUNK_EVENTS: u32 = 500;

/// How many bytes of the spool are replayed in one transaction, if one event
/// does not have more.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

impl TrailTask {
    /// Moves the oldest events of the spool to the database or, if it refuses
    /// them for good, to the dead letters. Returns how many events have left
    /// the spool, 0 when it is empty.
    pub(super) async fn replay(&mut self) -> Result<i64, Unavailable> {
        let chunk = self.spool.oldest(CHUNK_EVENTS, CHUNK_BYTES).await.map_err(|error| {
            tracing::error!("the spool cannot be read: {error:#}");
            Unavailable
        })?;
        let Some(last) = chunk.last() else {
            return Ok(0);
        };
        let letters = self.store_chunk(&chunk).await?;

        // The order matters: after a crash in between the chunk is replayed
        // again, and nothing is lost.
        self.spool.remove(last.position, &letters).await.map_err(|error| {
            tracing::error!("events cannot leave the spool: {error:#}");
            Unavailable
        })?;
        self.metrics.update(&self.spool);
        for DeadLetter { event_id, reason, .. } in &letters {
            let event_id = event_id.map(tracing::field::display);
            tracing::error!(event_id, reason, "an event became a dead letter");
        }
        self.replay_timeout = self.config.commit_timeout;
        self.metrics.replayed.inc_by((chunk.len() - letters.len()) as u64);
        self.metrics.rejected.inc_by(letters.len() as u64);
        Ok(i64::try_from(chunk.len()).unwrap_or(i64::MAX))
    }

    /// Stores events, and returns letters for those that can never be stored.
    /// Each event is submitted separately, so that a refused one does not affect
    /// the others: no client could send them again.
    async fn store_chunk(
        &mut self,
        chunk: &[SpooledEvent],
    ) -> Result<Vec<DeadLetter>, Unavailable> {
        let mut letters = Vec::new();
        let (mut readable, mut submissions) = (Vec::new(), Vec::new());
        for spooled in chunk {
            match &spooled.event {
                Ok(event) => {
                    let recorded_at = Some(spooled.accepted_at);
                    submissions.push(Submission { events: from_ref(event), recorded_at });
                    readable.push(spooled);
                }
                Err(error) => {
                    letters.push(dead_letter(spooled, format!("it cannot be read: {error}")));
                }
            }
        }
        match self.record(&submissions, self.replay_timeout).await {
            Ok(outcomes) => {
                for (spooled, outcome) in readable.into_iter().zip(outcomes) {
                    if let Err(rejection) = outcome {
                        letters.push(dead_letter(spooled, reason(&rejection)));
                    }
                }
                Ok(letters)
            }
            Err(error) if error.is_refusal() => match chunk {
                [refused] => Ok(vec![dead_letter(refused, error.to_string())]),
                // Store them one by one, so that only the refused event fails.
                _ => {
                    letters.clear();
                    for spooled in chunk {
                        letters.extend(Box::pin(self.store_chunk(from_ref(spooled))).await?);
                    }
                    Ok(letters)
                }
            },
            Err(error) => Err(self.note_failure(&error)),
        }
    }

    fn note_failure(&mut self, error: &StoreError) -> Unavailable {
        match error {
            StoreError::Unavailable(sqlx::Error::PoolTimedOut) => {
                self.replay_timeout = (self.replay_timeout * 2).min(MAX_REPLAY_TIMEOUT);
            }
            StoreError::Unavailable(_) => {}
            StoreError::Broken(_) => tracing::error!(%error, "the spool cannot be replayed"),
        }
        Unavailable
    }
}

fn dead_letter(spooled: &SpooledEvent, reason: String) -> DeadLetter {
    let event_id = spooled.event.as_ref().ok().map(|event| event.event_id);
    DeadLetter { position: spooled.position, event_id, reason }
}

/// Why a single event was rejected.
fn reason(rejection: &Rejection) -> String {
    if rejection.conflicting.is_empty() {
        "its parent is not in the trail".to_owned()
    } else {
        "its id belongs to another event, with other content".to_owned()
    }
}
