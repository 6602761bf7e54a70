//! The calls of the analysis.

use http::Method;

use super::{Analysis, IncidentRequest, RecoveryRequest};
use crate::{Endpoint, NoQuery};

/// Analyzes an incident that nothing was done about yet.
#[derive(Clone, Copy, Debug)]
pub struct AnalyzeIncident;

impl Endpoint for AnalyzeIncident {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/incident/analyze";
    type Request = IncidentRequest;
    type Query = NoQuery;
    type Answer = Analysis;
}

/// Analyzes an incident that a workflow has not remedied.
#[derive(Clone, Copy, Debug)]
pub struct AnalyzeRecovery;

impl Endpoint for AnalyzeRecovery {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/recovery/analyze";
    type Request = RecoveryRequest;
    type Query = NoQuery;
    type Answer = Analysis;
}
