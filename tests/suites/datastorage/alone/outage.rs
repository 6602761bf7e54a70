//! The database is unavailable: events go to the spool, and are stored in order
//! when it is available again.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Capability, Endpoint, Poll, Run, Target, eventually, unique};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::writers::{are_there, write_while};
use crate::support::{BATCH, EVENTS, ahead, at, event, id, page, store, with};

/// How long the service may take to notice that its database is available, and
/// to replay its spool.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long an answer may take while the database is unavailable: the first
/// writer waits for the lock.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The limit of the spool in the suite's metadata.
const SPOOL_MAX_EVENTS: usize = 1000;

/// An event with every optional field.
fn whole(correlation_id: &str, parent: &Value) -> Result<Value> {
    let optional = json!({
        "event_type": "workflow.execution.completed",
        "event_category": "workflow",
        "event_action": "completed",
        "event_outcome": "failure",
        "event_timestamp": at(Duration::from_secs(90)),
        "event_data": { "steps": [1, 2.5, null, "drei", { "vier": true }], "text": "ü \"\\ \n" },
        "parent_event_id": id(parent)?,
        "actor_type": "service",
        "actor_id": "workflowexecution",
        "resource_type": "pod",
        "resource_id": "web-1",
        "namespace": "shop",
        "cluster_name": "eu-1",
        "severity": "critical",
        "duration_ms": 4711,
    });
    Ok(with(event(correlation_id), optional))
}

/// Sends an event and checks that it is spooled within [`ANSWER_TIMEOUT`].
fn spool(datastorage: &Endpoint, event: &Value) -> Result<()> {
    let started = std::time::Instant::now();
    let answer = datastorage.post(EVENTS, event)?.expect(202)?.value()?;
    ensure!(answer == json!({ "event_id": event["event_id"], "status": "spooled" }), "{answer}");
    ensure!(started.elapsed() < ANSWER_TIMEOUT, "answered after {:?}", started.elapsed());
    Ok(())
}

fn depth(datastorage: &Endpoint) -> Result<u64> {
    let metrics = datastorage.get("/metrics")?.expect(200)?.body;
    let depth = metrics.lines().find_map(|line| line.strip_prefix("datastorage_spool_depth "));
    Ok(depth.with_context(|| format!("no depth in {metrics}"))?.parse()?)
}

fn degraded(datastorage: &Endpoint) -> Result<Value> {
    Ok(datastorage.get("/health/ready")?.expect(200)?.value()?["degraded"].take())
}

/// When the events of a correlation were recorded, in the order in which they were
/// sent.
fn recorded(run: &Run, correlation_id: &str, sent: &[Value]) -> Result<Vec<OffsetDateTime>> {
    let stored = run.trail()?.events(correlation_id)?;
    let one = |event: &Value| {
        let found = stored.iter().find(|found| found["event_id"] == event["event_id"]);
        let time = found.and_then(|found| found["recorded_at"].as_str());
        let time = time.with_context(|| format!("{event} has no time"))?;
        Ok(OffsetDateTime::parse(time, &Rfc3339)?)
    };
    sent.iter().map(one).collect()
}

#[test]
fn events_sent_while_the_database_is_unavailable_reach_the_trail_later() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::DatabaseOutage])? else { return Ok(()) };
    let datastorage = run.service("datastorage")?;
    let correlation_id = unique("rr");
    let before = event(&correlation_id);
    store(&datastorage, &before)?;

    let away = control.stopped(&Target::Database)?;
    let single = whole(&correlation_id, &before)?;
    spool(&datastorage, &single)?;
    let batch = [whole(&correlation_id, &single)?, event(&correlation_id), event(&correlation_id)];
    let receipt = datastorage.post(BATCH, &json!(batch))?.expect(202)?.value()?;
    let ids: Vec<_> = batch.iter().map(|event| event["event_id"].clone()).collect();
    ensure!(receipt == json!({ "event_ids": ids, "status": "spooled" }), "{receipt}");
    ensure!(depth(&datastorage)? == 4);
    ensure!(degraded(&datastorage)? == json!(["database"]));

    away.restore()?;
    let mut sent = vec![before, single];
    sent.extend(batch);
    are_there(&run.trail()?, &correlation_id, &sent, RECOVERY_TIMEOUT)?;
    let recorded = recorded(&run, &correlation_id, &sent)?;
    ensure!(recorded.is_sorted(), "not in the order in which they came: {recorded:?}");
    run.settle()?;
    ensure!(depth(&datastorage)? == 0);
    Ok(())
}

#[test]
fn while_the_database_is_unavailable_bad_input_is_refused_and_reads_work() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::DatabaseOutage])? else { return Ok(()) };
    let (datastorage, correlation_id) = (run.service("datastorage")?, unique("rr"));
    let before = event(&correlation_id);
    store(&datastorage, &before)?;

    let away = control.stopped(&Target::Database)?;
    spool(&datastorage, &event(&unique("rr")))?;
    let bad =
        with(event(&correlation_id), json!({ "event_timestamp": ahead(Duration::from_secs(600)) }));
    ensure!(datastorage.post(EVENTS, &bad)?.violations()? == ["event_timestamp"]);
    let one = format!("{EVENTS}/{}", id(&before)?);
    if run.has_database("sqlite") {
        // Its file cannot be written, and can be read.
        let found = page(&datastorage, &format!("correlation_id={correlation_id}"))?;
        ensure!(
            found["pagination"]["total"] == 1 && found["data"][0]["event_id"] == before["event_id"]
        );
        datastorage.get(&one)?.expect(200)?;
    } else {
        datastorage.get(&one)?.problem(503, "service-unavailable")?;
    }
    away.restore()?;
    run.trail()?.expect_exactly(&correlation_id, 1, RECOVERY_TIMEOUT)?;
    Ok(())
}

#[test]
fn an_event_that_is_sent_before_and_during_and_after_is_stored_once() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::DatabaseOutage])? else { return Ok(()) };
    let (datastorage, correlation_id) = (run.service("datastorage")?, unique("rr"));
    let (first, second) = (event(&correlation_id), event(&correlation_id));
    store(&datastorage, &first)?;
    let away = control.stopped(&Target::Database)?;
    for event in [&first, &second, &second] {
        spool(&datastorage, event)?;
    }
    away.restore()?;
    are_there(&run.trail()?, &correlation_id, &[first.clone(), second.clone()], RECOVERY_TIMEOUT)?;
    for event in [&first, &second] {
        store(&datastorage, event)?;
    }
    run.trail()?.expect_exactly(&correlation_id, 2, RECOVERY_TIMEOUT)?;
    Ok(())
}

#[test]
fn a_full_spool_refuses_and_keeps_what_it_has() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::DatabaseOutage])? else { return Ok(()) };
    let (datastorage, correlation_id) = (run.service("datastorage")?, unique("rr"));
    let events: Vec<_> = (0..SPOOL_MAX_EVENTS).map(|_| event(&correlation_id)).collect();
    let away = control.stopped(&Target::Database)?;
    for batch in events.chunks(500) {
        datastorage.post(BATCH, &json!(batch))?.expect(202)?;
    }
    let refused = datastorage.post(EVENTS, &event(&correlation_id))?;
    refused.problem(503, "service-unavailable")?;
    let refused = datastorage.post(BATCH, &json!([event(&correlation_id)]))?;
    refused.problem(503, "service-unavailable")?;
    away.restore()?;
    are_there(&run.trail()?, &correlation_id, &events, RECOVERY_TIMEOUT)
}

#[test]
fn nothing_overtakes_what_waits_in_the_spool() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::DatabaseOutage])? else { return Ok(()) };
    let (datastorage, correlation_id) = (run.service("datastorage")?, unique("rr"));
    let mut sent = Vec::new();
    let mut send = |count: usize| -> Result<()> {
        for _ in 0..count {
            let event = event(&correlation_id);
            let status = datastorage.post(EVENTS, &event)?.status;
            ensure!([201, 202].contains(&status), "{status}");
            sent.push(event);
        }
        Ok(())
    };
    send(20)?;
    let away = control.stopped(&Target::Database)?;
    send(100)?;
    away.restore()?;
    // More events, while the spool is being replayed.
    send(100)?;
    are_there(&run.trail()?, &correlation_id, &sent, RECOVERY_TIMEOUT)?;
    ensure!(recorded(&run, &correlation_id, &sent)?.is_sorted(), "some overtook others");
    Ok(())
}

#[test]
fn writers_do_not_notice_a_database_outage() -> Result<()> {
    let run = Run::of_process()?;
    let Some(control) = run.control(&[Capability::DatabaseOutage])? else { return Ok(()) };
    let datastorage = run.service("datastorage")?;
    // An engine may take so long to start a database that the spool would be full; each
    // writer may have one event more on its way.
    let written = write_while(&run, SPOOL_MAX_EVENTS - 100, || {
        let away = control.stopped(&Target::Database)?;
        eventually(RECOVERY_TIMEOUT, "100 events in the spool", || match depth(&datastorage)? {
            depth @ ..100 => Ok(Poll::Pending(depth.to_string())),
            _ => Ok(Poll::Ready(())),
        })?;
        Ok(away.restore()?)
    })?;
    ensure!(written.unknown.is_empty(), "{} events were refused", written.unknown.len());
    written.are_all_there(&run, RECOVERY_TIMEOUT)
}

#[test]
fn the_spool_survives_a_kill() -> Result<()> {
    let run = Run::of_process()?;
    let needed = [Capability::DatabaseOutage, Capability::Kill];
    let Some(control) = run.control(&needed)? else { return Ok(()) };
    let correlation_id = unique("rr");
    let sent: Vec<_> = (0..10).map(|_| event(&correlation_id)).collect();
    let away = control.stopped(&Target::Database)?;
    for event in &sent {
        spool(&run.service("datastorage")?, event)?;
    }
    let killed = control.killed(&Target::service("datastorage"))?;
    away.restore()?;
    killed.restore()?;
    are_there(&run.trail()?, &correlation_id, &sent, RECOVERY_TIMEOUT)?;
    ensure!(
        recorded(&run, &correlation_id, &sent)?.is_sorted(),
        "not in the order in which they came"
    );
    Ok(())
}

#[test]
fn a_service_that_starts_without_its_database_is_ready_once_that_is_available() -> Result<()> {
    let run = Run::of_process()?;
    let needed = [Capability::DatabaseOutage, Capability::Kill];
    let Some(control) = run.control(&needed)? else { return Ok(()) };
    let correlation_id = unique("rr");
    let sent = event(&correlation_id);
    let away = control.stopped(&Target::Database)?;
    spool(&run.service("datastorage")?, &sent)?;
    let target = Target::service("datastorage");
    let killed = control.killed(&target)?;
    control.start_without_waiting(&target)?;
    killed.is_back();
    let datastorage = run.service("datastorage")?;
    eventually(RECOVERY_TIMEOUT, "datastorage to answer that it is not ready", || {
        Ok(match datastorage.get("/health/ready") {
            Ok(answer) if answer.status == 503 => Poll::Ready(()),
            Ok(answer) => Poll::Pending(format!("{} {}", answer.status, answer.body)),
            Err(error) => Poll::Pending(error.to_string()),
        })
    })?;
    away.restore()?;
    run.settle()?;
    are_there(&run.trail()?, &correlation_id, &[sent], RECOVERY_TIMEOUT)
}
