//! The operations of the catalog on a database.

use contract::datastorage::{
    NewWorkflow, StatusChange, Workflow, WorkflowQuery, WorkflowSearch, WorkflowSummary,
};
use kit::database::{Database, StoreError};
use kit::page::PageQuery;
use uuid::Uuid;

use super::sqlite;
use crate::store::Store;

/// The outcome of creating a version.
#[derive(Clone, Debug, PartialEq)]
pub enum CreateOutcome {
    /// The version was created and is the latest of its name.
    New(Box<Workflow>),
    /// The version already exists, under this id.
    Exists(Uuid),
}

/// One page of a list of workflows, and the total.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowList {
    /// The workflows of the page, newest first.
    pub workflows: Vec<WorkflowSummary>,
    /// How many workflows there are, in the same snapshot as the page.
    pub total: u64,
}

impl Store {
    /// Adds a version and makes it the latest of its name, in one transaction.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create_workflow(
        &self,
        workflow: NewWorkflow,
    ) -> Result<CreateOutcome, StoreError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::create(store, workflow).await,
        }
    }

    /// Sets the status of a version, and returns what it is now; `None` if
    /// there is no such version.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_workflow_status(
        &self,
        workflow_id: Uuid,
        change: &StatusChange,
    ) -> Result<Option<Workflow>, StoreError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::set_status(store, workflow_id, change).await,
        }
    }

    /// One version.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn workflow(&self, workflow_id: Uuid) -> Result<Option<Workflow>, StoreError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::workflow(store, workflow_id).await,
        }
    }

    /// One page of the workflows that the filters select.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn workflows(&self, filter: &WorkflowQuery) -> Result<WorkflowList, StoreError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::list(store, filter).await,
        }
    }

    /// One page of the versions of a name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn workflow_versions(
        &self,
        name: &str,
        page: PageQuery,
    ) -> Result<WorkflowList, StoreError> {
        let PageQuery { limit, offset } = page;
        let name = Some(name.to_owned());
        self.workflows(&WorkflowQuery { name, limit, offset, ..WorkflowQuery::default() }).await
    }

    /// All active, latest workflows whose five labels match a signal, newest
    /// first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn workflows_for(
        &self,
        signal: &WorkflowSearch,
    ) -> Result<Vec<WorkflowSummary>, StoreError> {
        match &self.database {
            Database::Sqlite(store) => sqlite::select(store, signal).await,
        }
    }
}
