//! Ending a request early.

use http::Method;

use super::RemediationRequests;
use crate::resource::Resource;
use crate::workflowexecution::Cancellation;
use crate::{Endpoint, NoQuery};

/// Ends a request, and the execution that it has made.
#[derive(Clone, Copy, Debug)]
pub struct CancelRemediation;

impl Endpoint for CancelRemediation {
    const METHOD: Method = Method::PATCH;
    const PATH: &'static str = "/api/v1/remediationrequests/{name}/cancellation";
    type Request = Cancellation;
    type Query = NoQuery;
    type Answer = Resource<RemediationRequests>;
}
