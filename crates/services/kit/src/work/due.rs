//! Claiming rows that are due.

use std::fmt;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use super::{Claim, Expiry};
use crate::database::column::{from_microseconds, microseconds, to_json};
use crate::database::{Database, Row, StoreError, Transaction};

/// Where due rows are: a table with the columns `due_at` and `owner`, which stand in
/// no other table that is joined.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The table's name.
    pub name: &'static str,
    /// A `SELECT` of what jobs need, up to its `WHERE`.
    pub select: &'static str,
    /// The order in which rows are claimed, as of `ORDER BY`.
    pub order: &'static str,
}

/// Rows that are due, and the exclusive transaction in which they are claimed.
pub struct Due {
    /// The transaction, which has changed nothing yet.
    pub transaction: Transaction,
    /// The time by the database's clock.
    pub now: OffsetDateTime,
    /// The rows, the most urgent first.
    pub rows: Vec<Row>,
    /// Selects when the next one is due.
    next: String,
    /// None where expiry is suspended.
    held: Option<String>,
}

impl Due {
    /// At most `limit` due rows: those without a claim, and those whose claim has ended.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn of(
        database: &Database,
        table: Table,
        limit: usize,
        expiry: Expiry<'_>,
    ) -> Result<Self, StoreError> {
        let Table { name, select, order } = table;
        let held = match expiry {
            Expiry::Except(held) => Some(to_json(held)?),
            Expiry::Suspended => None,
        };
        let ended = format!("$1 IS NOT NULL AND owner NOT IN {}", database.kind.texts_of(1));
        let free = format!("(owner IS NULL OR {ended})");
        let due = format!("{select} WHERE {free} AND due_at <= $2 ORDER BY {order} LIMIT $3");
        let mut transaction = database.begin_exclusive().await?;
        let now = database.now(&mut transaction).await?;
        let rows = sqlx::query(AssertSqlSafe(due))
            .bind(&held)
            .bind(microseconds(now))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *transaction)
            .await?;
        let next = format!("SELECT min(due_at) FROM {name} WHERE {free}");
        Ok(Self { transaction, now, rows, next, held })
    }

    /// Commits, once all rows are claimed.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn claimed<J>(mut self, jobs: Vec<J>) -> Result<Claim<J>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(AssertSqlSafe(self.next))
            .bind(self.held)
            .fetch_one(&mut *self.transaction)
            .await?;
        self.transaction.commit().await?;
        let next = next.map(from_microseconds).transpose()?;
        let wait = next.map(|due| Duration::try_from(due - self.now).unwrap_or_default());
        Ok(Claim { jobs, wait })
    }
}

impl fmt::Debug for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Due").field("now", &self.now).field("rows", &self.rows.len()).finish()
    }
}
