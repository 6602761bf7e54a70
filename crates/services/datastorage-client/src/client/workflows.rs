//! The calls of the catalog.

use reqwest::Method;
use uuid::Uuid;

use super::{Client, encode, unless_missing};
use crate::ClientError;
use contract::datastorage::{
    NewWorkflow, StatusChange, Workflow, WorkflowMatches, WorkflowPage, WorkflowQuery,
    WorkflowSearch,
};
use contract::page::PageQuery;

/// The path of workflows.
const WORKFLOWS: &str = "/api/v1/workflows";

impl Client {
    /// Adds a version of a workflow, which becomes the latest of its name.
    ///
    /// # Errors
    /// See [`ClientError`]; status 409 means that this version already exists.
    pub async fn create_workflow(&self, workflow: &NewWorkflow) -> Result<Workflow, ClientError> {
        self.post(self.at(WORKFLOWS), encode(workflow)?).await
    }

    /// One version of a workflow, or `None` if there is none with this id.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn workflow(&self, workflow_id: Uuid) -> Result<Option<Workflow>, ClientError> {
        let url = self.at(format!("{WORKFLOWS}/{workflow_id}"));
        unless_missing(self.send(Method::GET, url, None).await)
    }

    /// One page of the catalog, newest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn workflows(&self, query: &WorkflowQuery) -> Result<WorkflowPage, ClientError> {
        self.send(Method::GET, self.list(WORKFLOWS, query), None).await
    }

    /// One page of the versions of a workflow, newest first, or `None` if there
    /// is no workflow of this name. The first page has 100 versions.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn workflow_versions(
        &self,
        name: &str,
        offset: u64,
    ) -> Result<Option<WorkflowPage>, ClientError> {
        let query = PageQuery { limit: None, offset: Some(offset) };
        let mut url = self.list(&format!("{WORKFLOWS}/by-name"), &query);
        // This escapes the name, so that it stays one segment.
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend([name, "versions"]);
        }
        unless_missing(self.send(Method::GET, url, None).await)
    }

    /// Sets the status of a version, or answers `None` if there is none with
    /// this id.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_workflow_status(
        &self,
        workflow_id: Uuid,
        change: &StatusChange,
    ) -> Result<Option<Workflow>, ClientError> {
        let url = self.at(format!("{WORKFLOWS}/{workflow_id}"));
        unless_missing(self.send(Method::PATCH, url, Some(encode(change)?)).await)
    }

    /// The active, latest workflows that fit a signal, best first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn search_workflows(
        &self,
        search: &WorkflowSearch,
    ) -> Result<WorkflowMatches, ClientError> {
        self.post(self.at(format!("{WORKFLOWS}/search")), encode(search)?).await
    }
}
