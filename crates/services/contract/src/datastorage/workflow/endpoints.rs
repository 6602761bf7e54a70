//! The calls of the catalog.

use http::Method;

use super::{
    NewWorkflow, StatusChange, Workflow, WorkflowMatches, WorkflowPage, WorkflowQuery,
    WorkflowSearch,
};
use crate::page::PageQuery;
use crate::{Endpoint, NoBody, NoQuery};

/// Adds a version of a workflow.
#[derive(Clone, Copy, Debug)]
pub struct CreateWorkflow;

impl Endpoint for CreateWorkflow {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/workflows";
    type Request = NewWorkflow;
    type Query = NoQuery;
    type Answer = Workflow;
}

/// Lists workflows.
#[derive(Clone, Copy, Debug)]
pub struct ListWorkflows;

impl Endpoint for ListWorkflows {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/v1/workflows";
    type Request = NoBody;
    type Query = WorkflowQuery;
    type Answer = WorkflowPage;
}

/// Reads a version of a workflow.
#[derive(Clone, Copy, Debug)]
pub struct GetWorkflow;

impl Endpoint for GetWorkflow {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/v1/workflows/{workflow_id}";
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = Workflow;
}

/// Lists the versions of a workflow.
#[derive(Clone, Copy, Debug)]
pub struct ListWorkflowVersions;

impl Endpoint for ListWorkflowVersions {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/v1/workflows/by-name/{name}/versions";
    type Request = NoBody;
    type Query = PageQuery;
    type Answer = WorkflowPage;
}

/// Sets the status of a version.
#[derive(Clone, Copy, Debug)]
pub struct ChangeWorkflow;

impl Endpoint for ChangeWorkflow {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/v1/workflows/{workflow_id}";
    type Request = StatusChange;
    type Query = NoQuery;
    type Answer = Workflow;
}

/// Finds workflows for a signal.
#[derive(Clone, Copy, Debug)]
pub struct SearchWorkflows;

impl Endpoint for SearchWorkflows {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/workflows/search";
    type Request = WorkflowSearch;
    type Query = NoQuery;
    type Answer = WorkflowMatches;
}
