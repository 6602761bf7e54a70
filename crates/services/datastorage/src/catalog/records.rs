//! The operations of the catalog on a database.

use contract::datastorage::{
    NewWorkflow, StatusChange, Workflow, WorkflowQuery, WorkflowSearch, WorkflowSummary,
};
use kit::database::StoreError;
use kit::page::PageQuery;
use uuid::Uuid;

use super::sql;
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
    /// Adds a version and makes it the latest of its name, in one transaction
    /// with the audit event that tells of it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create_workflow(
        &self,
        workflow: NewWorkflow,
        correlation_id: &str,
    ) -> Result<CreateOutcome, StoreError> {
        sql::create(&self.database, workflow, correlation_id).await
    }

    /// Sets the status of a version, in one transaction with the audit event
    /// that tells of it, and returns what it is now; `None` if there is no such
    /// version.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_workflow_status(
        &self,
        workflow_id: Uuid,
        change: &StatusChange,
        correlation_id: &str,
    ) -> Result<Option<Workflow>, StoreError> {
        sql::set_status(&self.database, workflow_id, change, correlation_id).await
    }

    /// One version.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn workflow(&self, workflow_id: Uuid) -> Result<Option<Workflow>, StoreError> {
        sql::workflow(&self.database, workflow_id).await
    }

    /// One page of the workflows that the filters select.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn workflows(&self, filter: &WorkflowQuery) -> Result<WorkflowList, StoreError> {
        sql::list(&self.database, filter).await
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
        sql::select(&self.database, signal).await
    }
}
