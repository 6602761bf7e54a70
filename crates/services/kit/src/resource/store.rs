//! Creating, finding, changing and deleting resources.

use std::sync::Arc;

use axum::Router;
use contract::AuditEvent;
use contract::datastorage::NewEvent;
use contract::resource::{Kind, ResourceQuery, Spec as _};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Next, Row, Rows, Rules, Step};
use crate::app::App;
use crate::database::{Connection, StoreError};
use crate::problem::Problem;
use crate::service::Service;
use crate::state::State;
use crate::work::Worker;

/// The resources of a service, in its database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Resources<R: Rules> {
    pub(super) rules: R,
    pub(super) rows: Rows<R::Kind>,
    pub(super) state: State,
    wake: Arc<Notify>,
    service: Service,
}

/// What creating a resource has come to.
#[derive(Debug)]
pub enum Created<K: Kind> {
    /// It was created.
    New(Row<K>),
    /// It was there, or another one stands for it.
    There(Row<K>),
    /// Its name belongs to a resource with another spec.
    Other,
}

/// Whether a step was stored.
#[derive(Debug)]
pub(super) enum Stored<K: Kind> {
    /// As the row is now.
    Yes(Row<K>),
    /// Another resource, with this name, has the claim.
    Taken(String),
}

impl<R: Rules> Resources<R> {
    /// The resources of a service, whose migrations include
    /// [`MIGRATIONS`](super::MIGRATIONS).
    #[must_use]
    pub fn new(service: &Service, state: &State, rules: R) -> Self {
        let rows = Rows::new(state.database.clone());
        Self { rules, rows, state: state.clone(), wake: Arc::default(), service: service.clone() }
    }

    /// The application with these routes, whose worker does the steps.
    pub fn app(&self, router: Router) -> App {
        let worker = self.worker();
        self.state.app(&self.service, router, |app| app.task("steps", |stop| worker.run(stop)))
    }

    /// The background worker that does the steps.
    #[must_use]
    pub fn worker(&self) -> Worker<Self> {
        Worker::new(self.clone(), &self.state.work, Arc::clone(&self.wake))
    }

    /// Creates a resource, unless there is one like it.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn create(
        &self,
        spec: <R::Kind as Kind>::Spec,
    ) -> Result<Created<R::Kind>, StoreError> {
        let database = &self.rows.database;
        let mut transaction = database.begin_exclusive().await?;
        let now = database.now(&mut transaction).await?;
        if let Some(row) = Rows::<R::Kind>::find(&mut transaction, spec.name(), now).await? {
            let is_same = row.spec == spec && !row.is_deleted;
            return Ok(if is_same { Created::There(row) } else { Created::Other });
        }
        let identity = self.rules.identity(&spec);
        if let Some(identity) = &identity
            && let Some(mut row) = Rows::holder(&mut transaction, identity, now).await?
        {
            let events = self.rules.again(&mut row);
            row.touch(&mut transaction).await?;
            self.tell(&mut transaction, &row, events).await?;
            transaction.commit().await?;
            self.wake();
            return Ok(Created::There(row));
        }
        let new = Row {
            id: Uuid::now_v7(),
            spec,
            phase: Default::default(),
            status: Default::default(),
            created_at: now,
            updated_at: now,
            completed_at: None,
            attempts: 0,
            now,
            repeated: false,
            version: 1,
            owner: None,
            is_deleted: false,
        };
        new.insert(&mut transaction).await?;
        if let Some(identity) = identity {
            new.claim(&mut transaction, &identity).await?;
        }
        new.index(&mut transaction, &self.rules.keys(&new)).await?;
        self.tell(&mut transaction, &new, self.rules.created(&new)).await?;
        transaction.commit().await?;
        self.wake();
        Ok(Created::New(new))
    }

    /// The resource of this name.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn get(&self, name: &str) -> Result<Option<Row<R::Kind>>, StoreError> {
        let database = &self.rows.database;
        let mut snapshot = database.snapshot().await?;
        let now = database.now(&mut snapshot).await?;
        let row = Rows::<R::Kind>::find(&mut snapshot, name, now).await?;
        Ok(row.filter(|row| !row.is_deleted))
    }

    /// A page of resources, newest first, and how many the query selects.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn list(
        &self,
        query: &ResourceQuery<<R::Kind as Kind>::Phase>,
    ) -> Result<(Vec<Row<R::Kind>>, u64), StoreError> {
        self.rows.list(query).await
    }

    /// Changes a resource as `decide` says, in one transaction. A step that is under
    /// way meanwhile comes to nothing.
    ///
    /// # Errors
    ///
    /// Not found; the problem of `decide`; what the database says.
    pub async fn change(
        &self,
        name: &str,
        decide: impl FnOnce(&Row<R::Kind>) -> Result<Step<R::Kind>, Problem>,
    ) -> Result<Row<R::Kind>, Problem> {
        let database = &self.rows.database;
        let mut transaction = database.begin_exclusive().await?;
        let now = database.now(&mut transaction).await?;
        let row = Rows::<R::Kind>::find(&mut transaction, name, now).await?;
        let row = row.filter(|row| !row.is_deleted).ok_or_else(|| Self::missing(name))?;
        let step = decide(&row)?;
        let waits = step.next == Next::FollowUp;
        match self.apply(&mut transaction, row, &step, waits).await? {
            Stored::Yes(row) => {
                transaction.commit().await.map_err(StoreError::from)?;
                self.wake();
                Ok(row)
            }
            Stored::Taken(by) => Err(Problem::conflict(format!("{by} is in the way"))),
        }
    }

    /// Deletes a resource; what it has made elsewhere goes in the background.
    /// Returns whether it existed.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        let database = &self.rows.database;
        let mut transaction = database.begin_exclusive().await?;
        let now = database.now(&mut transaction).await?;
        let row = Rows::<R::Kind>::find(&mut transaction, name, now).await?;
        let Some(row) = row.filter(|row| !row.is_deleted) else { return Ok(false) };
        if R::REMOVES {
            row.mark_deleted(&mut transaction).await?;
        } else {
            row.delete(&mut transaction).await?;
        }
        transaction.commit().await?;
        self.wake();
        Ok(true)
    }

    /// Writes what a step changes, and what the trail is told of it, in an exclusive
    /// transaction that has read the row. The next step `waits` for one that is under
    /// way.
    pub(super) async fn apply(
        &self,
        connection: &mut Connection,
        row: Row<R::Kind>,
        step: &Step<R::Kind>,
        waits: bool,
    ) -> Result<Stored<R::Kind>, StoreError> {
        if let Some(claim) = &step.claim {
            let holder = Rows::<R::Kind>::holder(connection, claim, row.now).await?;
            if let Some(other) = holder.filter(|holder| holder.id != row.id) {
                return Ok(Stored::Taken(other.spec.name().to_owned()));
            }
            row.claim(connection, claim).await?;
        }
        if let Some(claim) = &step.release {
            row.release_claim(connection, claim).await?;
        }
        let from = row.phase;
        let changed = row.after(step);
        changed.update(connection, step, waits).await?;
        changed.index(connection, &self.rules.keys(&changed)).await?;
        let mut events = step.events.clone();
        if changed.phase != from {
            events.extend(self.rules.moved(from, &changed));
        }
        self.tell(connection, &changed, events).await?;
        Ok(Stored::Yes(changed))
    }

    async fn tell(
        &self,
        connection: &mut Connection,
        row: &Row<R::Kind>,
        events: Vec<AuditEvent>,
    ) -> Result<(), StoreError> {
        let event = |event| {
            NewEvent::of(&event, row.spec.correlation_id())
                .with_actor("service", self.service.package.name)
                .with_resource(R::Kind::NAME, row.spec.name())
        };
        let events: Vec<_> = events.into_iter().map(event).collect();
        self.state.outbox.add(connection, &events).await
    }

    /// Tells the background tasks that there is something new.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
        self.state.outbox.wake();
    }

    pub(super) fn missing(name: &str) -> Problem {
        Problem::not_found(format_args!("{} {name}", R::Kind::NAME))
    }
}
