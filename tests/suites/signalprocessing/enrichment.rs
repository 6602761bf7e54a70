//! What is found about a signal's target, and what the trail is told of it.

use anyhow::{Result, ensure};
use contract::AuditEvent;
use contract::audit::{Enriched, PhaseChange};
use e2e::unique;
use serde_json::json;

use crate::support::{Fixture, signal_in};

#[test]
fn the_trail_has_every_phase_and_what_was_decided_in_order() -> Result<()> {
    let fixture = Fixture::new()?;
    let spec = signal_in(&unique("shop"));
    let (enrichment, classification) = fixture.process(&spec)?;
    let moved = |from: &str, to: &str| {
        AuditEvent::ProcessingPhaseChanged(PhaseChange { from: from.into(), to: to.into() })
    };
    let enriched = Enriched {
        target: spec.signal.target.clone(),
        degraded_mode: enrichment.degraded_mode,
        detected_labels: enrichment.detected_labels,
    };
    let expected = [
        moved("Pending", "Enriching"),
        AuditEvent::EnrichmentCompleted(enriched),
        moved("Enriching", "Classifying"),
        AuditEvent::ClassificationDecided(classification.clone()),
        AuditEvent::ProcessingCompleted(classification),
        moved("Classifying", "Completed"),
    ];
    let told = fixture.told(&spec)?;
    ensure!(told == expected, "{told:#?}");
    Ok(())
}

#[test]
fn owners_are_followed_and_what_acts_on_them_is_detected() -> Result<()> {
    let fixture = Fixture::new()?;
    let namespace = unique("shop");
    let entries = [
        (
            "pod/cart-0",
            json!({
                "labels": { "app": "cart" }, "owner": { "kind": "statefulset", "name": "cart" },
            }),
        ),
        (
            "statefulset/cart",
            json!({
                "annotations": { "meta.helm.sh/release-name": "cart", "linkerd.io/inject": "enabled" },
                "labels": { "kustomize.toolkit.fluxcd.io/name": "shop" },
                "replicas": 3,
                "flags": { "hpa": true, "pdb": true, "network_policy": true },
            }),
        ),
    ];
    for (thing, entry) in &entries {
        fixture.know(&format!("{namespace}/{thing}"), entry)?;
    }
    let (enrichment, _) = fixture.process(&signal_in(&namespace))?;
    ensure!(!enrichment.degraded_mode && enrichment.replicas == Some(3), "{enrichment:#?}");
    ensure!(json!(enrichment.labels) == json!({ "app": "cart" }), "{enrichment:#?}");
    ensure!(json!(enrichment.owners) == json!([{ "kind": "statefulset", "name": "cart" }]));
    let detected = json!({
        "gitops": "flux", "helm": "true", "hpa": "true", "network_policy": "true",
        "pdb": "true", "service_mesh": "linkerd", "stateful": "true",
    });
    ensure!(json!(enrichment.detected_labels) == detected, "{enrichment:#?}");
    Ok(())
}

#[test]
fn what_the_inventory_does_not_know_is_taken_from_the_signal() -> Result<()> {
    let fixture = Fixture::new()?;
    let (enrichment, _) = fixture.process(&signal_in(&unique("shop")))?;
    ensure!(enrichment.degraded_mode && enrichment.detected_labels.is_empty());
    ensure!(json!(enrichment.labels) == json!({ "team": "shop" }), "{enrichment:#?}");
    Ok(())
}

#[test]
fn an_entry_that_is_written_again_replaces_the_old_one() -> Result<()> {
    let fixture = Fixture::new()?;
    let namespace = unique("shop");
    let thing = format!("{namespace}/pod/cart-0");
    let path = format!("/api/v1/inventory/{thing}");
    fixture.processings.service.get(&path)?.problem(404, "not-found")?;
    fixture.know(&thing, &json!({ "labels": { "app": "old" }, "replicas": 7 }))?;
    fixture.know(&thing, &json!({ "labels": { "app": "new" } }))?;
    let entry = fixture.processings.service.get(&path)?.expect(200)?.value()?;
    ensure!(entry["replicas"].is_null() && entry["labels"] == json!({ "app": "new" }), "{entry}");
    let (enrichment, _) = fixture.process(&signal_in(&namespace))?;
    ensure!(json!(enrichment.labels) == json!({ "app": "new" }), "{enrichment:#?}");
    Ok(())
}
