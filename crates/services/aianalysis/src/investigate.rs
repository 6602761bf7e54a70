//! The call of holmesgpt-api.

use std::time::{Duration, Instant};

use contract::Endpoint;
use contract::aianalysis::AnalysisSpec;
use contract::audit::InvestigationCall;
use contract::holmesgpt::{
    Analysis, AnalyzeIncident, AnalyzeRecovery, IncidentRequest, RecoveryRequest,
};
use kit::{Peer, PeerError};

/// Why there is no analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// What happened.
    pub reason: String,
    /// Whether another call may do better.
    pub may_pass: bool,
    /// How long holmesgpt-api wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// Calls holmesgpt-api once, for the `number`th time.
pub async fn call(
    peer: &Peer,
    spec: &AnalysisSpec,
    timeout: Duration,
    number: u32,
) -> (InvestigationCall, Result<Analysis, CallError>) {
    let start = Instant::now();
    let (correlation_id, incident) = (spec.correlation_id.clone(), spec.incident.clone());
    let (endpoint, answer) = if spec.attempt > 1 {
        let request = RecoveryRequest {
            correlation_id,
            incident,
            attempt: spec.attempt,
            previous_executions: spec.previous_executions.clone(),
        };
        let call = peer.call::<AnalyzeRecovery>().body(&request).within(timeout);
        (AnalyzeRecovery::PATH, call.send().await)
    } else {
        let request = IncidentRequest { correlation_id, incident };
        let call = peer.call::<AnalyzeIncident>().body(&request).within(timeout);
        (AnalyzeIncident::PATH, call.send().await)
    };
    let http_status = match &answer {
        Ok(_) | Err(PeerError::Unreadable { .. }) => Some(200),
        Err(PeerError::Refused { status, .. }) => Some(*status),
        Err(_) => None,
    };
    let told = InvestigationCall {
        endpoint: endpoint.to_owned(),
        attempt: number,
        http_status,
        duration_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: answer.as_ref().err().map(reason),
    };
    (told, answer.map_err(|error| CallError::of(&error)))
}

impl CallError {
    fn of(error: &PeerError) -> Self {
        // An answer that cannot be read is that of something in between.
        let may_pass = error.may_pass() || matches!(error, PeerError::Unreadable { .. });
        Self { reason: reason(error), may_pass, retry_after: error.retry_after() }
    }
}

/// The error, in a length that fits everywhere.
fn reason(error: &PeerError) -> String {
    error.to_string().chars().take(1000).collect()
}
