//! The service as a process, with a fake trail.

use contract::AuditEvent;
use contract::datastorage::Severity;
use contract::signalprocessing::{
    EnvironmentSource, InventoryEntry, NamespaceEntry, ProcessingPhase, ProcessingSpec,
    PutInventory, PutNamespace, SignalProcessings,
};
use serde_json::{Value, json};
use testing::{FakePeer, Process, Resources, TestDatabase, on_both_databases};

/// A running service and its client.
struct Service {
    process: Process,
    processings: Resources<SignalProcessings>,
}

impl Service {
    fn start(database: &TestDatabase, trail: &FakePeer) -> Self {
        let variables = [
            ("DATABASE_URL", database.url()),
            ("DATASTORAGE_URL", trail.url.as_str()),
            ("LEASE", "500ms"),
        ];
        let process = Process::start(env!("CARGO_BIN_EXE_signalprocessing"), &variables);
        let processings = Resources::at(&process.url);
        Self { process, processings }
    }

    async fn put(&self, path: [&str; 3], entry: Value) {
        let entry: InventoryEntry = serde_json::from_value(entry).expect("an entry");
        self.processings
            .peer
            .call::<PutInventory>()
            .path(&path)
            .body(&entry)
            .send()
            .await
            .expect("written");
    }
}

fn spec(name: &str, severity: &str, namespace: &str) -> ProcessingSpec {
    let spec = json!({
        "name": name, "correlation_id": format!("rr-{name}"),
        "signal": {
            "fingerprint": "0".repeat(64), "name": "OOMKilled", "severity": severity,
            "target": { "namespace": namespace, "kind": "pod", "name": "cart-0" },
            "labels": { "team": "shop" },
        },
    });
    serde_json::from_value(spec).expect("a spec")
}

on_both_databases! {
    async fn a_signal_is_enriched_and_classified_and_the_trail_is_told(database: TestDatabase) {
        let trail = FakePeer::start().await;
        let service = Service::start(&database, &trail);
        service.put(["shop", "pod", "cart-0"], json!({
            "labels": { "app": "cart" }, "owner": { "kind": "replicaset", "name": "cart-1" },
        })).await;
        service.put(["shop", "replicaset", "cart-1"], json!({
            "owner": { "kind": "deployment", "name": "cart" },
        })).await;
        service.put(["shop", "deployment", "cart"], json!({
            "annotations": { "argocd.argoproj.io/instance": "shop", "sidecar.istio.io/inject": "yes" },
            "replicas": 3, "flags": { "hpa": true },
        })).await;
        let labels = [("environment".to_owned(), "production".to_owned())].into();
        let namespace = NamespaceEntry { labels };
        let put = service.processings.peer.call::<PutNamespace>().path(&["shop"]).body(&namespace);
        put.send().await.expect("written");

        service.processings.create(&spec("a", "critical", "shop")).await;
        let status = service.processings.reach("a", ProcessingPhase::Completed).await.status.details;
        let enrichment = status.enrichment.expect("enriched");
        assert!(!enrichment.degraded_mode);
        assert_eq!(enrichment.replicas, Some(3));
        let owners: Vec<_> = enrichment.owners.iter().map(|owner| owner.kind.as_str()).collect();
        assert_eq!(owners, ["replicaset", "deployment"]);
        let detected = json!({ "gitops": "argocd", "service_mesh": "istio", "hpa": "true" });
        assert_eq!(json!(enrichment.detected_labels), detected);
        let classification = status.classification.expect("classified");
        assert_eq!(classification.environment_source, EnvironmentSource::NamespaceLabel);
        let priority = classification.priority.to_string();
        assert_eq!((classification.severity, priority.as_str()), (Severity::Critical, "P0"));

        let events = trail.told(6).await;
        let lines: Vec<_> = events.iter().map(|(event, _)| {
            let of = |name: &Option<String>| name.clone().unwrap_or_default();
            let (actor, resource) = (of(&event.actor_id), of(&event.resource_id));
            format!("{} {} {actor} {resource}", event.event_type, event.correlation_id)
        }).collect();
        let line = |event: &str| format!("signalprocessing.{event} rr-a signalprocessing a");
        assert_eq!(lines, [
            line("phase.changed"), line("enrichment.completed"), line("phase.changed"),
            line("classification.decided"), line("processing.completed"), line("phase.changed"),
        ]);
        assert_eq!(events[4].1, AuditEvent::ProcessingCompleted(classification));
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
    }

    async fn what_nobody_knows_is_taken_from_the_signal(database: TestDatabase) {
        let trail = FakePeer::start().await;
        let service = Service::start(&database, &trail);
        service.processings.create(&spec("a", "warning", "shop-staging")).await;
        let status = service.processings.reach("a", ProcessingPhase::Completed).await.status.details;
        let enrichment = status.enrichment.expect("enriched");
        assert!(enrichment.degraded_mode);
        assert_eq!(json!(enrichment.labels), json!({ "team": "shop" }));
        let classification = status.classification.expect("classified");
        assert_eq!(classification.environment_source, EnvironmentSource::NamespaceName);
        let priority = classification.priority.to_string();
        assert_eq!((classification.severity, priority.as_str()), (Severity::High, "P2"));
    }

    async fn owners_that_own_each_other_end(database: TestDatabase) {
        let trail = FakePeer::start().await;
        let service = Service::start(&database, &trail);
        let owned_by = |kind: &str| json!({ "owner": { "kind": kind, "name": "cart-0" } });
        service.put(["shop", "pod", "cart-0"], owned_by("job")).await;
        service.put(["shop", "job", "cart-0"], owned_by("pod")).await;
        service.processings.create(&spec("a", "info", "shop")).await;
        let enrichment = service.processings.reach("a", ProcessingPhase::Completed).await.status.details.enrichment.expect("enriched");
        let owners: Vec<_> = enrichment.owners.iter().map(|owner| owner.kind.as_str()).collect();
        assert_eq!(owners, ["job", "pod"]);
    }

    async fn a_killed_process_loses_nothing_and_tells_nothing_twice(database: TestDatabase) {
        let trail = FakePeer::start().await;
        let mut service = Service::start(&database, &trail);
        let names: Vec<_> = (0..10).map(|number| format!("s-{number}")).collect();
        for name in &names {
            service.processings.create(&spec(name, "info", "shop")).await;
        }
        // At a different point in each run.
        service.process.kill();
        let service = Service::start(&database, &trail);
        for name in &names {
            service.processings.reach(name, ProcessingPhase::Completed).await;
        }
        // A stop sends what is left, so nothing comes after it.
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
        // Six of each.
        trail.told(60).await;
    }
}

/// Two processes on one database do everything once.
#[tokio::test]
async fn two_replicas_do_nothing_twice_on_postgres() {
    let database = TestDatabase::postgres();
    let trail = FakePeer::start().await;
    let services = [Service::start(&database, &trail), Service::start(&database, &trail)];
    for number in 0..20 {
        let spec = spec(&format!("s-{number}"), "info", "shop");
        // Both are asked for each.
        let (one, other) = tokio::join!(
            services[0].processings.create(&spec),
            services[1].processings.create(&spec)
        );
        assert_eq!(one.id, other.id);
    }
    for number in 0..20 {
        services[number % 2]
            .processings
            .reach(&format!("s-{number}"), ProcessingPhase::Completed)
            .await;
    }
    let [one, other] = services;
    one.process.stop();
    other.process.stop();
    // Six of each.
    trail.told(120).await;
}
