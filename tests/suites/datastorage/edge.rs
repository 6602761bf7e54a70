//! The operational routes, and limits of requests.

use anyhow::{Context as _, Result, ensure};
use e2e::{Endpoint, unique};
use serde_json::json;

use crate::support::{BATCH, EVENTS, datastorage, event, store, with};

#[test]
fn the_service_is_live_and_ready() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let get = |path: &str| datastorage.get(path)?.expect(200)?.value();
    ensure!(get("/health/live")? == json!({ "status": "live" }));
    // Ready with its database, not without it.
    ensure!(get("/health/ready")? == json!({ "status": "ready", "degraded": [] }));
    Ok(())
}

#[test]
fn other_media_types_are_refused() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let body = event(&correlation_id).to_string();
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        for path in [EVENTS, BATCH] {
            let answer = datastorage.send("POST", path, Some((media_type, body.as_bytes())))?;
            answer.problem(415, "unsupported-media-type")?;
        }
    }
    trail.expect_none(&correlation_id)
}

#[test]
fn a_body_of_more_than_a_mebibyte_is_refused() -> Result<()> {
    let (datastorage, trail) = datastorage()?;
    let correlation_id = unique("rr");
    let large = with(event(&correlation_id), json!({ "event_data": "x".repeat(60_000) }));
    let batch: Vec<_> = (0..18).map(|_| with(large.clone(), json!({ "event_id": null }))).collect();
    datastorage.post(BATCH, &json!(batch))?.problem(413, "payload-too-large")?;
    trail.expect_none(&correlation_id)?;
    datastorage.post(BATCH, &json!(batch[..17]))?.expect(201)?;
    trail.expect_exactly(&correlation_id, 17, e2e::TIMEOUT)?;
    Ok(())
}

#[test]
fn paths_and_methods_that_do_not_exist_are_problems() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    for path in ["/", "/api/v1/audit", "/api/v2/audit/events", "/api/v1/audit/events/a/b"] {
        datastorage.get(path)?.problem(404, "not-found")?;
    }
    datastorage.delete("/health/live")?.problem(405, "method-not-allowed")?;
    datastorage.json("PATCH", BATCH, &json!([]))?.problem(405, "method-not-allowed")?;
    Ok(())
}

/// The value of a metric.
fn metric(datastorage: &Endpoint, name: &str) -> Result<u64> {
    let metrics = datastorage.get("/metrics")?.expect(200)?;
    let value = metrics.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Ok(value.with_context(|| format!("no {name} in {}", metrics.body))?.parse()?)
}

#[test]
fn what_was_stored_is_counted() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let stored = || metric(&datastorage, "datastorage_audit_events_stored_total");
    // Other tests write at the same time, so this is only a lower bound. A unit
    // test checks that repetitions do not count.
    let before = stored()?;
    store(&datastorage, &event(&unique("rr")))?;
    let after = stored()?;
    ensure!(after > before, "{before} before, {after} after");
    Ok(())
}

#[test]
fn the_spool_is_empty_while_the_database_is_available() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    for name in ["depth", "age_seconds"] {
        let value = metric(&datastorage, &format!("datastorage_spool_{name}"))?;
        ensure!(value == 0, "{name}: {value}");
    }
    let total = |name: &str| metric(&datastorage, &format!("datastorage_spool_{name}_total"));
    // A kept run may have spooled events before, which were all replayed or
    // rejected.
    let (spooled, replayed, rejected) = (total("spooled")?, total("replayed")?, total("rejected")?);
    ensure!(spooled <= replayed + rejected, "{spooled} in, {replayed} and {rejected} out");
    Ok(())
}

#[test]
fn the_openapi_document_has_the_operations() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let document = datastorage.get("/openapi.json")?.expect(200)?.value()?;
    for (path, method) in [
        (EVENTS, "post"),
        (EVENTS, "get"),
        (BATCH, "post"),
        ("/api/v1/audit/events/{event_id}", "get"),
    ] {
        let operation = &document["paths"][path][method];
        ensure!(operation.is_object(), "{method} {path} is not in {document:#}");
    }
    Ok(())
}
