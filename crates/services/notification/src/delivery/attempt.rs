//! One attempt at a delivery, and its next step.

use std::panic::AssertUnwindSafe;

use contract::AuditEvent;
use contract::datastorage::{NewEvent, Severity};
use futures_util::FutureExt as _;

use super::now;
use crate::channel::{Channels, Message, Receipt, SendError};
use crate::model::{Attempt, AttemptOutcome, Priority, RetryPolicy};
use crate::store::{FinishedAttempt, Job, NextStep};

/// Makes an attempt and decides the next step.
pub(super) async fn make(channels: &Channels, policy: &RetryPolicy, job: &Job) -> FinishedAttempt {
    let message = Message::new(job.id, job.created_at, &job.spec, job.channel.name());
    // A panic in one channel must not leave its deliveries unfinished for ever.
    let sent = AssertUnwindSafe(channels.send(&job.channel, &message))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(SendError::permanent("the channel has a bug; the log has it")));
    conclude(policy, job, sent)
}

fn conclude(policy: &RetryPolicy, job: &Job, sent: Result<Receipt, SendError>) -> FinishedAttempt {
    let ended_at = now().max(job.started_at);
    let mut attempt = Attempt {
        number: job.number,
        started_at: job.started_at,
        ended_at: Some(ended_at),
        outcome: None,
        http_status: None,
        error: None,
        receipt: None,
    };
    let next = match sent {
        Ok(receipt) => {
            attempt.outcome = Some(AttemptOutcome::Success);
            attempt.http_status = receipt.http_status;
            attempt.receipt = receipt.location;
            tracing::info!("sent");
            None
        }
        Err(error) => {
            attempt.outcome = Some(AttemptOutcome::Failure);
            attempt.http_status = error.http_status;
            let policy = policy.with(&job.spec.retry);
            let wait = policy.wait(job.failed + 1, error.retry_after).filter(|_| error.retry);
            tracing::warn!(
                error = error.message,
                wait_ms = wait.map(|wait| wait.as_millis() as u64),
                "not sent"
            );
            attempt.error = Some(error.message);
            match wait {
                Some(wait) => Some(NextStep::Retry(ended_at + wait)),
                None => Some(NextStep::Done {
                    permanent: !error.retry,
                    event: Box::new(event(job, &attempt)),
                }),
            }
        }
    };
    let next = next.unwrap_or_else(|| NextStep::Done {
        permanent: false,
        event: Box::new(event(job, &attempt)),
    });
    FinishedAttempt { attempt, next }
}

/// The audit event of a finished channel.
fn event(job: &Job, attempt: &Attempt) -> NewEvent {
    let spec = &job.spec;
    let took = attempt.ended_at.unwrap_or(attempt.started_at) - job.created_at;
    let message = contract::audit::Message {
        notification: spec.name.clone(),
        channel: job.channel.name().to_owned(),
        channel_type: job.channel.kind,
        kind: spec.kind,
        priority: spec.priority,
        attempts: attempt.number,
        http_status: attempt.http_status,
        error: attempt.error.clone(),
    };
    let event = match attempt.outcome {
        Some(AttemptOutcome::Success) => AuditEvent::MessageSent(message),
        _ => AuditEvent::MessageFailed(message),
    };
    NewEvent::of(&event, &spec.correlation_id)
        .with_actor("service", "notification")
        .with_resource("notification", spec.name.as_str())
        .with_severity(severity(spec.priority))
        .with_duration(took.try_into().unwrap_or_default())
}

fn severity(priority: Priority) -> Severity {
    match priority {
        Priority::Critical => Severity::Critical,
        Priority::High => Severity::High,
        Priority::Medium => Severity::Medium,
        Priority::Low => Severity::Low,
    }
}
