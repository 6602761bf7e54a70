//! What needs answers of the orchestrator, kills and outages. Each test runs alone.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use contract::AuditEvent;
use contract::audit::{DuplicateSignal, NewRequest, ReceivedSignal};
use contract::gateway::SignalSource;
use contract::signalprocessing::{SignalSeverity, Target};
use e2e::alerts::group;
use e2e::{Capability, unique};
use serde_json::{Value, json};

use crate::orchestrator::{answer, pod};
use crate::support::{ALERTS, EVENTS, Fixture, alert, check, event};

/// What the trail is told of a pod's signal.
fn received(source: SignalSource, name: &str, pod: &str, fingerprint: &str) -> AuditEvent {
    AuditEvent::SignalReceived(ReceivedSignal {
        source,
        fingerprint: fingerprint.to_owned(),
        name: name.to_owned(),
        severity: SignalSeverity::Critical,
        target: Target { namespace: "shop".into(), kind: "pod".into(), name: pod.to_owned() },
    })
}

#[test]
fn each_alert_of_a_group_becomes_a_request_or_finds_one() -> Result<()> {
    let fixture = Fixture::new()?;
    let [new, old, over] = [pod(), pod(), pod()];
    let [made, found] = [unique("rr"), unique("rr")];
    let answers = [answer(&new, 201, &made, 0)?, answer(&old, 200, &found, 4)?];
    fixture.orchestrator.answer_with(&json!(answers))?;
    let mut resolved = alert(&over);
    resolved["status"] = json!("resolved");
    let body = group(&[alert(&old), resolved, alert(&new)]);
    let receipt = fixture.taken(ALERTS, &body, 201)?;
    check(&receipt, &["duplicate", "resolved", "created"])?;
    ensure!(receipt.signals[0].repetitions == 4, "{receipt:#?}");
    let request = receipt.signals.iter().map(|signal| signal.request.as_deref());
    ensure!(request.eq([Some(found.as_str()), None, Some(&made)]), "{receipt:#?}");

    let asked = fixture.requests(&new, 1)?.remove(0);
    let fingerprint = asked["signal"]["fingerprint"].as_str().context("a fingerprint")?;
    ensure!(receipt.signals[2].fingerprint.as_deref() == Some(fingerprint), "{asked:#}");
    let name = asked["name"].as_str().context("a name")?;
    let parts: Vec<_> = name.split('-').collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let made_at: u64 = parts[2].parse()?;
    ensure!(parts[0] == "rr" && parts[1].len() == 12 && made_at.abs_diff(now) < 30, "{name}");
    fixture.requests(&over, 0)?;

    let source = SignalSource::Alertmanager;
    let created = NewRequest { fingerprint: fingerprint.to_owned(), request: made.clone() };
    let expected =
        [received(source, "Down", &new, fingerprint), AuditEvent::RequestCreated(created)];
    ensure!(fixture.told(&made, 2)? == expected);
    let fingerprint = receipt.signals[0].fingerprint.clone().context("a fingerprint")?;
    let first = received(source, "Down", &old, &fingerprint);
    let duplicate = DuplicateSignal { fingerprint, request: found.clone(), repetitions: 4 };
    ensure!(fixture.told(&found, 2)? == [first, AuditEvent::SignalDeduplicated(duplicate)]);
    Ok(())
}

#[test]
fn a_group_of_known_alerts_is_a_duplicate() -> Result<()> {
    let fixture = Fixture::new()?;
    let (pod, found) = (pod(), unique("rr"));
    let mut known = answer(&pod, 200, &found, 1)?;
    known["times"] = json!(2);
    fixture.orchestrator.answer_with(&json!([known]))?;
    let receipt = fixture.taken(ALERTS, &group(&[alert(&pod), alert(&pod)]), 202)?;
    check(&receipt, &["duplicate", "duplicate"])?;
    fixture.told(&found, 4)?;
    Ok(())
}

#[test]
fn an_event_of_kubernetes_becomes_a_request() -> Result<()> {
    let fixture = Fixture::new()?;
    let (pod, made) = (pod(), unique("rr"));
    fixture.orchestrator.answer_with(&json!([answer(&pod, 201, &made, 0)?]))?;
    let receipt = fixture.taken(EVENTS, &event(&pod, "Warning"), 201)?;
    check(&receipt, &["created"])?;
    let told = fixture.told(&made, 2)?;
    let fingerprint = receipt.signals[0].fingerprint.clone().context("a fingerprint")?;
    ensure!(told[0] == received(SignalSource::KubernetesEvent, "Evicted", &pod, &fingerprint));
    let asked = fixture.requests(&pod, 1)?.remove(0);
    ensure!(asked["signal"]["annotations"]["message"] == "the node was low on memory");
    Ok(())
}

#[test]
fn an_orchestrator_that_is_away_is_tried_again_under_the_same_name() -> Result<()> {
    let fixture = Fixture::new()?;
    let (pod, made) = (pod(), unique("rr"));
    let away = json!({ "status": 503, "body_contains": pod });
    fixture.orchestrator.answer_with(&json!([away, answer(&pod, 201, &made, 0)?]))?;
    fixture.taken(ALERTS, &group(&[alert(&pod)]), 201)?;
    let asked = fixture.requests(&pod, 2)?;
    ensure!(asked[0] == asked[1], "{asked:#?}");
    fixture.told(&made, 2)?;
    Ok(())
}

/// Sends a group while the orchestrator gives this answer; the trail is told that no
/// request was made.
fn not_made(fixture: &Fixture, mut given: Value) -> Result<()> {
    let pod = pod();
    given["body_contains"] = json!(pod);
    given["times"] = json!(1000);
    fixture.orchestrator.answer_with(&json!([given]))?;
    let answer = fixture.send(ALERTS, &group(&[alert(&pod)]))?;
    answer.problem(503, "service-unavailable")?;
    let seconds: u64 = answer.header("retry-after").parse()?;
    ensure!(seconds == 5, "{seconds}");
    let asked = fixture.orchestrator.requests()?;
    let asked = asked.iter().find(|request| request["body"].to_string().contains(&pod));
    let asked = e2e::webhook::body(asked.context("it was asked")?)?;
    let name = asked["name"].as_str().context("a name")?;
    let told = fixture.told(name, 2)?;
    ensure!(matches!(told[1], AuditEvent::RequestFailed(_)), "{told:#?}");
    Ok(())
}

#[test]
fn without_an_orchestrator_signals_are_to_be_sent_again() -> Result<()> {
    let fixture = Fixture::new()?;
    not_made(&fixture, json!({ "status": 503 }))?;
    not_made(&fixture, json!({ "status": 201, "body": "garbage" }))?;
    not_made(&fixture, json!({ "status": 201, "delay_ms": 5000 }))?;
    fixture.orchestrator.answer_with(&json!([]))
}

#[test]
fn what_was_answered_is_told_after_a_kill() -> Result<()> {
    let fixture = Fixture::new()?;
    let needed = [Capability::Stop, Capability::Kill];
    let Some(control) = fixture.run.control(&needed)? else { return Ok(()) };
    let pods: Vec<_> = (0..5).map(|_| pod()).collect();
    let names: Vec<_> = pods.iter().map(|_| unique("rr")).collect();
    let answers = pods.iter().zip(&names).map(|(pod, name)| answer(pod, 201, name, 0));
    let answers = answers.collect::<Result<Vec<_>>>()?;
    fixture.orchestrator.answer_with(&json!(answers))?;
    let away = control.stopped(&e2e::Target::service("datastorage"))?;
    for pod in &pods {
        fixture.taken(ALERTS, &group(&[alert(pod)]), 201)?;
    }
    let killed = control.killed(&e2e::Target::service("gateway"))?;
    away.restore()?;
    killed.restore()?;
    let fixture = Fixture::new()?;
    for name in &names {
        fixture.told(name, 2)?;
    }
    Ok(())
}
