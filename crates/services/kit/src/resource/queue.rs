//! The resources whose next step is due.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use contract::Words as _;
use contract::resource::{Kind, Spec as _};
use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tracing::Span;
use uuid::Uuid;

use super::store::Stored;
use super::{Resources, Row, Rows, Rules, Step};
use crate::database::column::microseconds;
use crate::database::{Connection, StoreError};
use crate::work::{Claim, Due, Expiry, Queue, Table};

/// The first and the longest wait after a step that failed.
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(60)];

const TABLE: Table =
    Table { name: "resources", select: "SELECT * FROM resources", order: "due_at, id" };

/// What a step has come to.
#[derive(Debug)]
pub enum Outcome<K: Kind> {
    /// It is to be stored.
    Step(Step<K>),
    /// It is to be tried again.
    Failed,
    /// What the deleted resource has made elsewhere is gone.
    Removed,
}

impl<R: Rules> Queue for Resources<R> {
    type Job = Row<R::Kind>;
    type Outcome = Outcome<R::Kind>;

    async fn claim(
        &self,
        limit: usize,
        lease: Duration,
        expiry: Expiry<'_>,
    ) -> Result<Claim<Self::Job>, StoreError> {
        let mut due = Due::of(&self.rows.database, TABLE, limit, expiry).await?;
        let mut jobs = Vec::with_capacity(due.rows.len());
        for row in &due.rows {
            let row = Row::<R::Kind>::read(row, due.now)?;
            // Whoever had finished would have given it back.
            let repeated = row.owner.is_some();
            let job = Row { owner: Some(Uuid::now_v7()), repeated, ..row };
            job.lease(&mut due.transaction, due.now + lease).await?;
            jobs.push(job);
        }
        due.claimed(jobs).await
    }

    fn owner(job: &Self::Job) -> Uuid {
        job.owner.unwrap_or_default()
    }

    fn span(job: &Self::Job) -> Span {
        tracing::info_span!(
            "step",
            kind = R::Kind::NAME,
            name = job.spec.name(),
            phase = job.phase.as_str(),
            correlation_id = job.spec.correlation_id(),
        )
    }

    async fn renew(&self, job: &Self::Job, lease: Duration) -> Result<(), StoreError> {
        let database = &self.rows.database;
        let mut transaction = database.begin_exclusive().await?;
        let now = database.now(&mut transaction).await?;
        sqlx::query("UPDATE resources SET due_at = $1 WHERE id = $2 AND owner = $3")
            .bind(microseconds(now + lease))
            .bind(job.id.to_string())
            .bind(Self::owner(job).to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn work(&self, job: &Self::Job) -> Self::Outcome {
        let work = async {
            if job.is_deleted {
                return self.rules.remove(job).await.map(|()| Outcome::Removed);
            }
            self.rules.step(job, &self.rows).await.map(Outcome::Step)
        };
        // A panic must not leave the resource unfinished for ever.
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => {
                tracing::warn!(attempts = job.attempts + 1, "the step failed: {error:#}");
                Outcome::Failed
            }
            Err(_) => {
                tracing::error!("the step has a bug; the log has it");
                Outcome::Failed
            }
        }
    }

    async fn finish(&self, job: &Self::Job, outcome: &Self::Outcome) -> Result<(), StoreError> {
        let database = &self.rows.database;
        let mut transaction = database.begin_exclusive().await?;
        let now = database.now(&mut transaction).await?;
        let Some(row) = Rows::<R::Kind>::find(&mut transaction, job.spec.name(), now).await? else {
            return Ok(());
        };
        if row.owner != job.owner {
            tracing::warn!("the claim was lost before the step ended");
            return Ok(());
        }
        match outcome {
            Outcome::Removed => row.delete(&mut transaction).await?,
            Outcome::Failed => row.lease_after_failure(&mut transaction).await?,
            // It changed meanwhile, without losing its claim: the step is made again
            // on what it is now.
            Outcome::Step(_) if row.version != job.version => {
                row.release(&mut transaction, now).await?;
            }
            Outcome::Step(step) => {
                let mut step = step.clone();
                self.rules.keep(&row.status, &mut step.status);
                let stored = self.apply(&mut transaction, row.clone(), &step, false).await?;
                if let Stored::Taken(by) = stored {
                    let instead = self.rules.taken(&row, &by);
                    self.apply(&mut transaction, row, &instead, false).await?;
                }
            }
        }
        transaction.commit().await?;
        self.wake();
        Ok(())
    }
}

impl<K: Kind> Row<K> {
    /// Gives the row to its owner until then.
    async fn lease(
        &self,
        connection: &mut Connection,
        until: OffsetDateTime,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE resources SET owner = $1, due_at = $2 WHERE id = $3")
            .bind(self.owner.map(|owner| owner.to_string()))
            .bind(microseconds(until))
            .bind(self.id.to_string())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Gives the row to whoever comes then.
    async fn release(
        &self,
        connection: &mut Connection,
        due: OffsetDateTime,
    ) -> Result<(), StoreError> {
        Row { owner: None, ..self.clone() }.lease(connection, due).await
    }

    async fn lease_after_failure(&self, connection: &mut Connection) -> Result<(), StoreError> {
        sqlx::query("UPDATE resources SET attempts = attempts + 1 WHERE id = $1")
            .bind(self.id.to_string())
            .execute(&mut *connection)
            .await?;
        let wait = WAITS[0].saturating_mul(1 << self.attempts.min(16)).min(WAITS[1]);
        self.release(connection, self.now + wait).await
    }
}
