//! A group of alerts, from its first to its last moment.

use anyhow::{Context as _, Result, ensure};
use contract::AuditEvent;
use contract::gateway::SignalSource;
use e2e::unique;
use serde_json::json;

use crate::orchestrator::{answer, pod};
use crate::support::{Fixture, alert, over};

#[test]
fn a_group_is_made_requests_once_repeated_and_over() -> Result<()> {
    let fixture = Fixture::new()?;
    let name = unique("down");
    let pods = [pod(), pod(), pod()];
    let requests: Vec<String> = pods.iter().map(|_| unique("rr")).collect();
    let mut answers = Vec::new();
    for (pod, request) in pods.iter().zip(&requests) {
        answers.push(answer(pod, 201, request, 0)?);
        let mut known = answer(pod, 200, request, 1)?;
        known["times"] = json!(1000);
        answers.push(known);
    }
    fixture.orchestrator.answer_with(&json!(answers))?;

    // Two at once, in one body; they are posted again and again while they last.
    let [first, second, third] = pods.each_ref().map(|pod| alert(&name, pod));
    fixture.post(&[first.clone(), second.clone()])?;
    for pod in &pods[..2] {
        fixture.requests(pod, 2)?;
    }
    // One is over, and another one has begun.
    fixture.post(&[over(first)?, third.clone()])?;
    fixture.requests(&pods[2], 2)?;
    let of_first = fixture.count(&pods[0])?;
    fixture.requests(&pods[1], fixture.count(&pods[1])? + 2)?;
    ensure!(fixture.count(&pods[0])? == of_first, "one that is over made another request");

    fixture.post(&[over(second)?, over(third)?])?;
    fixture.wait_until_over(&name)?;
    for (pod, request) in pods.iter().zip(&requests) {
        let count = fixture.count(pod)?;
        let told = fixture.told(request, 2 * count)?;
        check(&told, pod, &name)?;
    }
    Ok(())
}

/// Checks that a signal became a request, and all others were found to be the same.
fn check(told: &[AuditEvent], pod: &str, name: &str) -> Result<()> {
    let (first, others) = told.split_first_chunk::<2>().context("two events")?;
    let [AuditEvent::SignalReceived(received), AuditEvent::RequestCreated(created)] = first else {
        anyhow::bail!("{told:#?}")
    };
    ensure!(received.source == SignalSource::Alertmanager && received.name == name, "{told:#?}");
    ensure!(received.target.name == pod && received.fingerprint == created.fingerprint);
    for pair in others.chunks(2) {
        let [AuditEvent::SignalReceived(again), AuditEvent::SignalDeduplicated(found)] = pair
        else {
            anyhow::bail!("{told:#?}")
        };
        ensure!(again == received && found.fingerprint == created.fingerprint, "{told:#?}");
    }
    Ok(())
}
