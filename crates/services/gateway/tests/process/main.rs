//! The service as a process, with a fake orchestrator and a fake trail.

mod service;

use contract::AuditEvent;
use contract::gateway::SignalOutcome;
use serde_json::json;
use testing::{FakePeer, TestDatabase, on_both_databases};

use self::service::{Service, alert, alerts, request};

const ALERTS: &str = "/api/v1/signals/alertmanager";
const EVENTS: &str = "/api/v1/signals/kubernetes-event";
const REQUESTS: &str = "/api/v1/remediationrequests";

on_both_databases! {
    async fn each_alert_of_a_group_becomes_a_request_or_finds_one(database: TestDatabase) {
        let (trail, orchestrator) = (FakePeer::start().await, FakePeer::start().await);
        let service = Service::start(&database, &trail, &orchestrator, &[("PARALLEL", "1")]);
        orchestrator.answers_with(REQUESTS, |call, _| match call {
            0 => (201, request("rr-new", 0)),
            _ => (200, request("rr-old", 3)),
        });
        let mut resolved = alert("cart-2");
        resolved["status"] = json!("resolved");
        let mut nameless = alert("cart-3");
        nameless["labels"]["alertname"] = json!("");
        let group = alerts(&[alert("cart-0"), alert("cart-1"), resolved, nameless]);
        let (status, receipt) = service.post(ALERTS, &group).await;
        assert_eq!((status, receipt.status), (201, SignalOutcome::Created));
        let lines: Vec<_> = receipt
            .signals
            .iter()
            .map(|one| {
                let text = one.request.as_ref().or(one.message.as_ref());
                format!("{} {} {}", one.status, one.repetitions, text.map_or("", String::as_str))
            })
            .collect();
        assert_eq!(lines, [
            "created 0 rr-new", "duplicate 3 rr-old", "resolved 0 ",
            "refused 0 must have a label alertname",
        ]);
        let calls = orchestrator.calls_of(REQUESTS);
        assert_eq!(calls.len(), 2);
        let name = calls[0].body["name"].as_str().expect("a name");
        let parts: Vec<_> = name.split('-').map(str::len).collect();
        assert_eq!(parts, [2, 12, 10], "{name}");
        let target = json!({ "namespace": "shop", "kind": "pod", "name": "cart-0" });
        assert_eq!(calls[0].body["signal"]["target"], target);

        let events = trail.told(4).await;
        let lines: Vec<_> = events
            .iter()
            .map(|(event, _)| format!("{} {}", event.event_type, event.correlation_id))
            .collect();
        assert_eq!(lines, [
            "gateway.signal.received rr-new", "gateway.request.created rr-new",
            "gateway.signal.received rr-old", "gateway.signal.deduplicated rr-old",
        ]);
        let AuditEvent::SignalDeduplicated(found) = &events[3].1 else { panic!("{events:?}") };
        assert_eq!(found.repetitions, 3);
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
    }

    async fn an_orchestrator_that_is_away_is_tried_again_and_then_told(database: TestDatabase) {
        let (trail, orchestrator) = (FakePeer::start().await, FakePeer::start().await);
        let budget = [("ORCHESTRATOR_BUDGET", "1s")];
        let service = Service::start(&database, &trail, &orchestrator, &budget);
        orchestrator.answers_with(REQUESTS, |call, _| match call {
            0 => (503, json!({})),
            _ => (201, request("rr-new", 0)),
        });
        let (status, _) = service.post(ALERTS, &alerts(&[alert("cart-0")])).await;
        assert_eq!(status, 201);
        let names: Vec<_> =
            orchestrator.calls_of(REQUESTS).into_iter().map(|call| call.body["name"].clone()).collect();
        assert!(names.len() == 2 && names[0] == names[1], "{names:?}");

        orchestrator.always_answers(REQUESTS, 503, json!({}));
        let group = alerts(&[alert("cart-0"), alert("cart-1")]);
        let problem = service.refused(ALERTS, &group, 503).await;
        assert_eq!(problem.detail, "the orchestrator is unavailable for 2 of 2 signals");

        // Garbage is no answer either, and what is refused will always be.
        orchestrator.always_answers(REQUESTS, 201, json!({ "hello": "world" }));
        service.refused(ALERTS, &group, 503).await;
        orchestrator.always_answers(REQUESTS, 409, json!({ "detail": "no" }));
        let problem = service.refused(ALERTS, &group, 400).await;
        let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["alerts[0]", "alerts[1]"]);
        let events = trail.told(2 + 3 * 4).await;
        let failed = |(_, event): &&(_, AuditEvent)| matches!(event, AuditEvent::RequestFailed(_));
        assert_eq!(events.iter().filter(failed).count(), 6);
    }

    async fn a_lost_answer_is_no_duplicate(database: TestDatabase) {
        let (trail, orchestrator) = (FakePeer::start().await, FakePeer::start().await);
        let service = Service::start(&database, &trail, &orchestrator, &[]);
        orchestrator.answers_with(REQUESTS, |_, body| {
            (200, request(body["name"].as_str().unwrap_or_default(), 0))
        });
        let event = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": "cart-0.1" },
            "type": "Warning", "reason": "Evicted",
            "involvedObject": { "kind": "Pod", "name": "cart-0", "uid": "1" },
        });
        let (status, receipt) = service.post(EVENTS, &event).await;
        assert_eq!((status, receipt.status), (201, SignalOutcome::Created));
        let created = trail.told(2).await.pop().expect("an event").1;
        assert!(matches!(created, AuditEvent::RequestCreated(_)), "{created:?}");
    }

    async fn what_was_answered_is_told_after_a_kill(database: TestDatabase) {
        let (away, orchestrator) = (FakePeer::start().await, FakePeer::start().await);
        away.always_answers("/api/v1/audit/events/batch", 503, json!({}));
        let mut service = Service::start(&database, &away, &orchestrator, &[]);
        orchestrator.always_answers(REQUESTS, 201, request("rr-new", 0));
        for number in 0..5 {
            let group = alerts(&[alert(&format!("cart-{number}"))]);
            assert_eq!(service.post(ALERTS, &group).await.0, 201);
        }
        service.process.kill();
        let trail = FakePeer::start().await;
        let _service = Service::start(&database, &trail, &orchestrator, &[]);
        trail.told(10).await;
    }
}
