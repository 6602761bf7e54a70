//! The statements that find resources.

use std::marker::PhantomData;

use contract::Words as _;
use contract::resource::{Kind, ResourceQuery};
use sqlx::Row as _;
use time::OffsetDateTime;

use super::Row;
use crate::database::column::storable;
use crate::database::{Connection, Database, Statement, StoreError};

/// Its work does not grow with the number of those that have the value: the index has
/// them in this order.
pub(super) const WITH_KEY: &str =
    "SELECT r.* FROM resource_keys k JOIN resources r ON r.id = k.resource_id
     WHERE k.key = $1 AND k.value = $2 ORDER BY k.resource_id DESC LIMIT $3";

/// The resources of a database, to look for others from within a step.
#[derive(Clone, Debug)]
pub struct Rows<K> {
    pub(super) database: Database,
    kind: PhantomData<K>,
}

impl<K: Kind> Rows<K> {
    pub(super) fn new(database: Database) -> Self {
        Self { database, kind: PhantomData }
    }

    /// The newest `limit` resources with this value of one of their
    /// [keys](super::Rules::keys), newest first.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn with(
        &self,
        key: &str,
        value: &str,
        limit: u32,
    ) -> Result<Vec<Row<K>>, StoreError> {
        let mut snapshot = self.database.snapshot().await?;
        let now = self.database.now(&mut snapshot).await?;
        let rows = sqlx::query(WITH_KEY)
            .bind(key)
            .bind(value)
            .bind(i64::from(limit))
            .fetch_all(&mut *snapshot)
            .await?;
        rows.iter().map(|row| Row::read(row, now)).collect()
    }

    pub(super) async fn find(
        connection: &mut Connection,
        name: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Row<K>>, StoreError> {
        let row = sqlx::query("SELECT * FROM resources WHERE name = $1")
            .bind(name)
            .fetch_optional(connection)
            .await?;
        row.map(|row| Row::read(&row, now)).transpose()
    }

    /// Who has a claim.
    pub(super) async fn holder(
        connection: &mut Connection,
        claim: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Row<K>>, StoreError> {
        let row = sqlx::query(
            "SELECT r.* FROM resources r JOIN resource_claims c ON c.resource_id = r.id
             WHERE c.claim = $1",
        )
        .bind(claim)
        .fetch_optional(connection)
        .await?;
        row.map(|row| Row::read(&row, now)).transpose()
    }

    /// A page of those that a query selects, newest first, and how many there are.
    pub(super) async fn list(
        &self,
        query: &ResourceQuery<K::Phase>,
    ) -> Result<(Vec<Row<K>>, u64), StoreError> {
        let mut snapshot = self.database.snapshot().await?;
        let now = self.database.now(&mut snapshot).await?;
        let selected = |start: &str| {
            let mut statement = Statement::new(start);
            statement.push(" FROM resources WHERE deleted = 0");
            if let Some(phase) = query.phase {
                statement.push(" AND phase = ").bind(phase.as_str());
            }
            if let Some(id) = &query.correlation_id {
                // No row has a NUL, and PostgreSQL fails on one.
                statement.push(" AND correlation_id = ").bind(storable(id));
            }
            statement
        };
        let count = selected("SELECT count(*) AS total").build().fetch_one(&mut *snapshot).await?;
        let page = query.page();
        let mut rows = selected("SELECT *");
        rows.push(" ORDER BY id DESC LIMIT ").bind(i64::from(page.limit));
        rows.push(" OFFSET ").bind(i64::try_from(page.offset).unwrap_or(i64::MAX));
        let rows = rows.build().fetch_all(&mut *snapshot).await?;
        let rows = rows.iter().map(|row| Row::read(row, now)).collect::<Result<_, _>>()?;
        Ok((rows, count.try_get::<i64, _>("total")?.unsigned_abs()))
    }
}
