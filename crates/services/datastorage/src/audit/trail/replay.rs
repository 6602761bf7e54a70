//! Moving events from the spool to the database.

use kit::database::StoreError;
use time::OffsetDateTime;

use super::task::{COMMIT_TIMEOUT, MAX_REPLAY_TIMEOUT, TrailTask, Unavailable};
use crate::audit::admission::Rejection;
use crate::audit::records::Submission;
use crate::spool::{DeadLetter, Entry, SpoolRecord};

/// How many events are replayed in one transaction, if one entry does not have
/// more. New events wait for its end.
const CHUNK_EVENTS: u64 = 500;

/// How many bytes of the spool are replayed in one transaction.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// The outcome of replaying a chunk.
#[derive(Debug, Default)]
struct ReplayOutcome {
    /// How many events are in the database now.
    stored: u64,
    /// The events that can never be stored.
    letters: Vec<DeadLetter>,
}

impl TrailTask {
    /// Moves the oldest entries of the spool to the database or, if it refuses
    /// them for good, to the dead letters. Returns how many events have left
    /// the spool, 0 when it is empty.
    pub(super) async fn replay(&mut self) -> Result<i64, Unavailable> {
        let chunk = self.on_disk(|spool| spool.oldest(CHUNK_EVENTS, CHUNK_BYTES)).await;
        let chunk = chunk.map_err(|error| {
            tracing::error!(%error, "the spool cannot be read");
            Unavailable
        })?;
        let entries = chunk.len();
        let ReplayOutcome { stored, letters } = self.store_chunk(chunk).await?;

        // The order matters: after a crash in between the chunk is replayed
        // again, and nothing is lost.
        let removed = self.on_disk(move |spool| {
            spool.dead_letters().append(&letters)?;
            spool.remove(entries);
            std::io::Result::Ok(letters)
        });
        let letters = removed.await.map_err(|error| {
            tracing::error!(%error, "dead letters cannot be written");
            Unavailable
        })?;
        for letter in &letters {
            let event_id =
                letter.event.as_ref().map(|event| tracing::field::display(event.event_id));
            tracing::error!(event_id, reason = letter.reason, "an event became a dead letter");
        }
        let rejected = letters.len() as u64;
        self.replay_timeout = COMMIT_TIMEOUT;
        self.metrics.replayed.inc_by(stored);
        self.metrics.rejected.inc_by(rejected);
        Ok(i64::try_from(stored + rejected).unwrap_or(i64::MAX))
    }

    /// Submits each event separately, so that a refused one does not affect the
    /// others: no client could send them again.
    async fn store_chunk(&mut self, chunk: Vec<SpoolRecord>) -> Result<ReplayOutcome, Unavailable> {
        let mut replayed = ReplayOutcome::default();
        let mut entries = Vec::with_capacity(chunk.len());
        for spooled in chunk {
            match spooled {
                SpoolRecord::Whole(entry) => entries.push(entry),
                SpoolRecord::Damaged { line, reason } => {
                    replayed.letters.push(DeadLetter { line: Some(line), ..dead_letter(reason) });
                }
            }
        }
        let submissions: Vec<_> = entries.iter().flat_map(submissions).collect();
        if submissions.is_empty() {
            return Ok(replayed);
        }
        match self.record(&submissions, self.replay_timeout).await {
            Ok(outcomes) => {
                for (submission, outcome) in submissions.iter().zip(outcomes) {
                    match outcome {
                        Ok(_) => replayed.stored += 1,
                        Err(rejection) => replayed.refuse(submission, reason(&rejection)),
                    }
                }
            }
            // Store them one by one, so that only the refused event fails.
            Err(error) if error.is_refusal() => {
                for submission in &submissions {
                    self.store_alone(submission, &mut replayed).await?;
                }
            }
            Err(error) => return Err(self.note_failure(&error)),
        }
        Ok(replayed)
    }

    async fn store_alone(
        &mut self,
        submission: &Submission<'_>,
        replayed: &mut ReplayOutcome,
    ) -> Result<(), Unavailable> {
        let outcomes = self.record(std::slice::from_ref(submission), self.replay_timeout).await;
        match outcomes.map(|mut outcomes| outcomes.pop()) {
            Ok(Some(Err(rejection))) => replayed.refuse(submission, reason(&rejection)),
            Ok(_) => replayed.stored += 1,
            Err(error) if error.is_refusal() => replayed.refuse(submission, error.to_string()),
            Err(error) => return Err(self.note_failure(&error)),
        }
        Ok(())
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

impl ReplayOutcome {
    fn refuse(&mut self, submission: &Submission<'_>, reason: String) {
        let letters = submission.events.iter().map(|event| DeadLetter {
            taken_at: submission.recorded_at,
            event: Some(event.clone()),
            ..dead_letter(reason.clone())
        });
        self.letters.extend(letters);
    }
}

fn submissions(entry: &Entry) -> impl Iterator<Item = Submission<'_>> {
    let recorded_at = Some(entry.taken_at);
    entry.events.chunks(1).map(move |events| Submission { events, recorded_at })
}

fn dead_letter(reason: String) -> DeadLetter {
    let rejected_at = OffsetDateTime::now_utc();
    DeadLetter { rejected_at, reason, taken_at: None, event: None, line: None }
}

/// Why a single event was rejected.
fn reason(rejection: &Rejection) -> String {
    if rejection.conflicting.is_empty() {
        "its parent is not in the trail".to_owned()
    } else {
        "its id belongs to another event, with other content".to_owned()
    }
}
