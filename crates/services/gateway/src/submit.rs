//! The requests for signals, and what the trail is told of them.

use std::time::Duration;

use contract::AuditEvent;
use contract::audit::{DuplicateSignal, FailedRequest, NewRequest, ReceivedSignal};
use contract::datastorage::NewEvent;
use contract::gateway::{SignalOutcome, SignalReceipt, SignalSource};
use contract::remediationorchestrator::{RemediationRequests, RemediationSpec};
use contract::resource::{Create, Kind as _};
use contract::signalprocessing::Signal;
use futures_util::{StreamExt as _, stream};
use kit::database::StoreError;
use kit::outbox::Outbox;
use kit::state::State;
use kit::{Peer, PeerError, Service};
use time::OffsetDateTime;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::config::Limits;

/// What signals need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// What is asked of signals.
    pub limits: Limits,
    orchestrator: Peer,
    outbox: Outbox,
    actor: &'static str,
}

/// What became of a signal.
#[derive(Debug)]
pub enum Submitted {
    /// It is said in a receipt.
    Receipt(SignalReceipt),
    /// The orchestrator cannot be reached; it may be sent again after this time.
    Unavailable(Duration),
}

impl Gateway {
    /// Makes requests at this orchestrator.
    #[must_use]
    pub fn new(service: &Service, state: &State, orchestrator: Peer, limits: Limits) -> Self {
        Self { limits, orchestrator, outbox: state.outbox.clone(), actor: service.package.name }
    }

    /// Makes a request for each signal, unless there is one, and tells the trail.
    ///
    /// # Errors
    ///
    /// What the database says. The requests are there then, and the same signals
    /// again are duplicates.
    pub async fn submit(
        &self,
        source: SignalSource,
        signals: Vec<Signal>,
    ) -> Result<Vec<Submitted>, StoreError> {
        let deadline = Instant::now() + self.limits.orchestrator_budget;
        let submitted: Vec<_> = stream::iter(signals)
            .map(|signal| self.one(source, signal, deadline))
            .buffered(self.limits.parallel)
            .collect()
            .await;
        let (submitted, events): (Vec<_>, Vec<_>) = submitted.into_iter().unzip();
        let events = events.concat();
        if !events.is_empty() {
            self.outbox.tell(&events).await?;
        }
        Ok(submitted)
    }

    async fn one(
        &self,
        source: SignalSource,
        signal: Signal,
        deadline: Instant,
    ) -> (Submitted, Vec<NewEvent>) {
        let spec = RemediationSpec { name: name(), signal };
        let call = self.orchestrator.call::<Create<RemediationRequests>>().body(&spec);
        let call = call.retry_within(self.limits.orchestrator_budget);
        let answer = timeout_at(deadline, call.send_for_status()).await;
        let RemediationSpec { name, signal } = spec;
        let received = AuditEvent::SignalReceived(ReceivedSignal {
            source,
            fingerprint: signal.fingerprint.clone(),
            name: signal.name,
            severity: signal.severity,
            target: signal.target,
        });
        let fingerprint = signal.fingerprint;
        let receipt = |status, request: &str| SignalReceipt {
            status,
            fingerprint: Some(fingerprint.clone()),
            request: Some(request.to_owned()),
            repetitions: 0,
            message: None,
        };
        match answer {
            Ok(Ok((status, found))) => {
                let request = found.spec.name;
                let repetitions = found.status.details.repetitions;
                // 200 with our own name: the answer to an earlier attempt was lost.
                let (receipt, event) = if status.as_u16() == 201 || request == name {
                    let event =
                        NewRequest { fingerprint: fingerprint.clone(), request: request.clone() };
                    let receipt = receipt(SignalOutcome::Created, &request);
                    (receipt, AuditEvent::RequestCreated(event))
                } else {
                    let event = DuplicateSignal {
                        fingerprint: fingerprint.clone(),
                        request: request.clone(),
                        repetitions,
                    };
                    let receipt = receipt(SignalOutcome::Duplicate, &request);
                    let receipt = SignalReceipt { repetitions, ..receipt };
                    (receipt, AuditEvent::SignalDeduplicated(event))
                };
                (Submitted::Receipt(receipt), self.told(&request, &[received, event]))
            }
            failed => {
                let error = failed.ok().and_then(Result::err);
                let reason = match &error {
                    Some(error) => error.to_string(),
                    None => "the orchestrator did not answer in time".to_owned(),
                };
                tracing::warn!(fingerprint, "no request for a signal: {reason}");
                let event = FailedRequest {
                    fingerprint: fingerprint.clone(),
                    request: name.clone(),
                    reason: reason.clone(),
                };
                let events = self.told(&name, &[received, AuditEvent::RequestFailed(event)]);
                let submitted = match error {
                    Some(PeerError::Refused { status: 400..=499, .. })
                        if !error.as_ref().is_some_and(PeerError::may_pass) =>
                    {
                        let message = format!("must be what the orchestrator accepts: {reason}");
                        let receipt = SignalReceipt {
                            request: None,
                            message: Some(message),
                            ..receipt(SignalOutcome::Refused, "")
                        };
                        Submitted::Receipt(receipt)
                    }
                    error => {
                        let wait = error.and_then(|error| error.retry_after());
                        Submitted::Unavailable(wait.unwrap_or(self.limits.retry_after))
                    }
                };
                (submitted, events)
            }
        }
    }

    /// What the trail is told of a request.
    fn told(&self, request: &str, events: &[AuditEvent]) -> Vec<NewEvent> {
        let event = |event| {
            NewEvent::of(event, request)
                .with_actor("service", self.actor)
                .with_resource(RemediationRequests::NAME, request)
        };
        events.iter().map(event).collect()
    }
}

/// The name of a new request: twelve random digits, since two signals of one second
/// may be the same, and the time.
fn name() -> String {
    let random = Uuid::now_v7().simple().to_string();
    format!("rr-{}-{}", &random[20..], OffsetDateTime::now_utc().unix_timestamp())
}
