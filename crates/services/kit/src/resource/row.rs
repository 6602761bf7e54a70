//! A resource as it is stored, and what a step does to it.

use std::time::Duration;

use contract::Words as _;
use contract::resource::{Kind, Object, Phase as _, Resource, Spec as _, Status};
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Step;
use crate::database::column::{self, microseconds, to_json};
use crate::database::{Connection, StoreError};

/// A stored resource.
#[derive(Clone, Debug)]
pub struct Row<K: Kind> {
    /// Its id.
    pub id: Uuid,
    /// What was asked for.
    pub spec: K::Spec,
    /// How far it is.
    pub phase: K::Phase,
    /// What is known besides.
    pub status: K::Status,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// When it changed last.
    pub updated_at: OffsetDateTime,
    /// When it came into its last phase.
    pub completed_at: Option<OffsetDateTime>,
    /// How many steps have failed since the last one that did not.
    pub attempts: u32,
    /// When it was read, by the database's clock.
    pub now: OffsetDateTime,
    /// Whether a process was at this step that ended, or lost its claim, without
    /// telling how far it came.
    pub repeated: bool,
    pub(super) version: i64,
    pub(super) owner: Option<Uuid>,
    pub(super) is_deleted: bool,
}

impl<K: Kind> Row<K> {
    /// The resource as its service answers it.
    #[must_use]
    pub fn resource(self) -> Resource<K> {
        let Self { id, spec, phase, status, created_at, updated_at, completed_at, .. } = self;
        let status = Status { phase, completed_at, details: status };
        Object { id, created_at, updated_at, spec, status }
    }

    /// How long it has been in work.
    #[must_use]
    pub fn age(&self) -> Duration {
        Duration::try_from(self.now - self.created_at).unwrap_or_default()
    }

    pub(super) fn read(
        row: &crate::database::Row,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            id: column::uuid(row, "id")?,
            spec: column::json(row, "spec")?,
            phase: column::word(row, "phase")?,
            status: column::json(row, "status")?,
            created_at: column::moment(row, "created_at")?,
            updated_at: column::moment(row, "updated_at")?,
            completed_at: column::optional_moment(row, "completed_at")?,
            attempts: column::number(row, "attempts")?,
            now,
            repeated: false,
            version: column::number(row, "version")?,
            owner: column::optional_uuid(row, "owner")?,
            is_deleted: column::flag(row, "deleted")?,
        })
    }

    /// Inserts the row, whose first step is due now.
    pub(super) async fn insert(&self, connection: &mut Connection) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO resources (id, name, correlation_id, spec, phase, status, version,
                created_at, updated_at, due_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8)",
        )
        .bind(self.id.to_string())
        .bind(self.spec.name())
        .bind(self.spec.correlation_id())
        .bind(to_json(&self.spec)?)
        .bind(self.phase.as_str())
        .bind(to_json(&self.status)?)
        .bind(self.version)
        .bind(microseconds(self.now))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// The row as it is after a step.
    pub(super) fn after(self, step: &Step<K>) -> Self {
        let completed_at = self.completed_at.or(step.phase.is_final().then_some(self.now));
        let is_changed = self.phase != step.phase || self.status != step.status;
        Self {
            phase: step.phase,
            status: step.status.clone(),
            updated_at: if is_changed { self.now } else { self.updated_at },
            completed_at,
            attempts: 0,
            version: self.version + 1,
            owner: None,
            ..self
        }
    }

    /// Writes the row after a step. The next one `waits` for a step that is under way.
    pub(super) async fn update(
        &self,
        connection: &mut Connection,
        step: &Step<K>,
        waits: bool,
    ) -> Result<(), StoreError> {
        let (due_at, owner) = if waits {
            ("CASE WHEN owner IS NULL THEN $5 ELSE due_at END", "owner")
        } else {
            ("$5", "NULL")
        };
        let update = format!(
            "UPDATE resources SET phase = $1, status = $2, updated_at = $3, completed_at = $4,
                due_at = {due_at}, owner = {owner}, attempts = 0, version = $6
             WHERE id = $7",
        );
        sqlx::query(AssertSqlSafe(update))
            .bind(self.phase.as_str())
            .bind(to_json(&self.status)?)
            .bind(microseconds(self.updated_at))
            .bind(self.completed_at.map(microseconds))
            .bind(step.due_at(self.now))
            .bind(self.version)
            .bind(self.id.to_string())
            .execute(&mut *connection)
            .await?;
        if self.phase.is_final() { self.leave_claims(connection).await } else { Ok(()) }
    }

    /// Leaves what it has claimed to others.
    async fn leave_claims(&self, connection: &mut Connection) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM resource_claims WHERE resource_id = $1")
            .bind(self.id.to_string())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Writes the status alone: nothing of when the next step is due, nor of who
    /// does it, whose step is stored all the same.
    pub(super) async fn touch(&self, connection: &mut Connection) -> Result<(), StoreError> {
        sqlx::query("UPDATE resources SET status = $1, updated_at = $2 WHERE id = $3")
            .bind(to_json(&self.status)?)
            .bind(microseconds(self.now))
            .bind(self.id.to_string())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Leaves one of its claims to others.
    pub(super) async fn release_claim(
        &self,
        connection: &mut Connection,
        claim: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM resource_claims WHERE claim = $1 AND resource_id = $2")
            .bind(claim)
            .bind(self.id.to_string())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Marks the row as deleted; what it made elsewhere is to be removed now, or
    /// once the step has ended that is under way: it may still make something.
    pub(super) async fn mark_deleted(&self, connection: &mut Connection) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE resources SET deleted = 1, version = version + 1,
                due_at = CASE WHEN owner IS NULL THEN $1 ELSE due_at END
             WHERE id = $2",
        )
        .bind(microseconds(self.now))
        .bind(self.id.to_string())
        .execute(&mut *connection)
        .await?;
        self.leave_claims(connection).await
    }

    /// Deletes the row, with its keys and claims.
    pub(super) async fn delete(&self, connection: &mut Connection) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM resources WHERE id = $1")
            .bind(self.id.to_string())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Replaces the keys by which the row is found.
    pub(super) async fn index(
        &self,
        connection: &mut Connection,
        keys: &[(&'static str, String)],
    ) -> Result<(), StoreError> {
        let id = self.id.to_string();
        for (key, value) in keys {
            sqlx::query(
                "INSERT INTO resource_keys (resource_id, key, value) VALUES ($1, $2, $3)
                 ON CONFLICT (resource_id, key) DO UPDATE SET value = excluded.value",
            )
            .bind(&id)
            .bind(*key)
            .bind(value)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }

    /// Takes a claim that nobody else has.
    pub(super) async fn claim(
        &self,
        connection: &mut Connection,
        claim: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO resource_claims (claim, resource_id) VALUES ($1, $2)
             ON CONFLICT (claim) DO NOTHING",
        )
        .bind(claim)
        .bind(self.id.to_string())
        .execute(connection)
        .await?;
        Ok(())
    }
}
