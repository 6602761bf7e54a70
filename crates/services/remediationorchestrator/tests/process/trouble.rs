//! Kills, peers that are away, and what takes too long.

use std::collections::BTreeSet;

use contract::remediationorchestrator::{RemediationOutcome, RemediationPhase};
use serde_json::json;
use testing::{FakePeer, TestDatabase, on_both_databases};

use crate::service::{
    ANALYSES, EXECUTIONS, NOTIFICATIONS, PROCESSINGS, Peers, Service, executed, processed,
    selected, spec,
};
use crate::{told, wait_until};

/// Kills the service while a request is in this phase and its peers have come to
/// nothing; afterwards they succeed.
async fn killed_in(phase: RemediationPhase, database: &TestDatabase) {
    let (trail, peers) = (FakePeer::start().await, Peers::start().await);
    let running = json!({ "phase": "Pending" });
    peers.succeed("rr-a");
    // What has ended stays as it is: the analysis that is asked for follows from it.
    peers.processing("rr-a", processed("production", "P0"));
    peers.analysis("rr-a", selected(&["Production"]));
    match phase {
        RemediationPhase::Processing => peers.processing("rr-a", running),
        RemediationPhase::Analyzing => peers.analysis("rr-a", running),
        RemediationPhase::Executing => peers.execution("rr-a", running),
        _ => {}
    }
    let mut service = Service::start(database, &trail, &peers);
    service.create(&spec("rr-a", "0", "cart-0")).await;
    if phase == RemediationPhase::Executing {
        service.requests.reach("rr-a", RemediationPhase::AwaitingApproval).await;
        service.answer("rr-a", true).await.expect("in time");
    }
    service.requests.reach("rr-a", phase).await;
    service.process.kill();

    peers.processing("rr-a", processed("production", "P0"));
    peers.analysis("rr-a", selected(&["Production"]));
    peers.execution("rr-a", executed());
    let service = Service::start(database, &trail, &peers);
    if phase != RemediationPhase::Executing {
        service.requests.reach("rr-a", RemediationPhase::AwaitingApproval).await;
        service.answer("rr-a", true).await.expect("in time");
    }
    service.requests.reach("rr-a", RemediationPhase::Completed).await;
    // What was sent again after the kill is equal, so it is made once.
    for collection in [PROCESSINGS, ANALYSES, EXECUTIONS] {
        let bodies: BTreeSet<_> =
            peers.calls("POST", collection).iter().map(|call| call.body.to_string()).collect();
        assert_eq!(bodies.len(), 1, "{bodies:#?}");
    }
    told(&trail, 9).await;
}

on_both_databases! {
    async fn a_request_goes_on_after_a_kill_in_each_phase(database: TestDatabase) {
        use RemediationPhase::{Analyzing, AwaitingApproval, Executing, Processing};
        for phase in [Processing, Analyzing, AwaitingApproval, Executing] {
            killed_in(phase, &database).await;
            // The next one begins without it.
            let (trail, peers) = (FakePeer::start().await, Peers::start().await);
            let service = Service::start(&database, &trail, &peers);
            peers.forget("rr-a");
            service.delete("rr-a").await;
            wait_until(async || peers.calls("DELETE", NOTIFICATIONS).len() == 3).await;
            service.process.stop();
        }
    }

    async fn what_holds_a_request_up_holds_it_up_after_a_kill(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let mut service = Service::start(&database, &trail, &peers);
        peers.succeed("rr-a");
        peers.succeed("rr-b");
        peers.execution("rr-a", json!({ "phase": "Running" }));
        service.create(&spec("rr-a", "0", "cart-0")).await;
        service.requests.reach("rr-a", RemediationPhase::Executing).await;
        service.create(&spec("rr-b", "1", "cart-0")).await;
        service.requests.reach("rr-b", RemediationPhase::Blocked).await;
        service.process.kill();
        let service = Service::start(&database, &trail, &peers);
        let before = service.requests.get("rr-b").await.expect("there").status.phase;
        assert_eq!(before, RemediationPhase::Blocked);
        peers.execution("rr-a", executed());
        service.requests.reach("rr-b", RemediationPhase::Completed).await;
        told(&trail, 6 + 8).await;
    }

    async fn a_peer_that_is_away_or_answers_nonsense_is_asked_again(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        peers.succeed("rr-a");
        peers.processing("rr-a", processed("staging", "P0"));
        let asked = async |path: &str, more: usize| {
            let count = peers.fake.calls_of(path).len() + more;
            wait_until(async || peers.fake.calls_of(path).len() >= count).await;
        };
        let paths = [
            "/api/v1/signalprocessings/sp-rr-a", "/api/v1/aianalyses/ai-rr-a",
            "/api/v1/workflowexecutions/we-rr-a", NOTIFICATIONS,
        ];
        for path in paths {
            peers.fake.always_answers(path, 500, json!("oops"));
        }
        service.create(&spec("rr-a", "0", "cart-0")).await;
        use RemediationPhase::{Analyzing, Executing, Processing};
        for (path, phase) in paths.into_iter().zip([Processing, Analyzing, Executing]) {
            asked(path, 2).await;
            peers.fake.always_answers(path, 200, json!({ "hello": "world" }));
            asked(path, 2).await;
            let found = service.requests.get("rr-a").await.expect("there").status;
            assert_eq!(found.phase, phase);
            let message = found.details.message.expect("it says what it waits for");
            assert!(message.contains("cannot be understood"), "{message}");
            match phase {
                Processing => peers.processing("rr-a", processed("staging", "P0")),
                Analyzing => peers.analysis("rr-a", selected(&[])),
                _ => peers.execution("rr-a", executed()),
            }
        }
        // The end does not wait for people to be told.
        let end = service.requests.reach("rr-a", RemediationPhase::Completed).await.status.details;
        assert_eq!(end.children.notifications, [""; 0]);
        asked(NOTIFICATIONS, 1).await;
        let notification = json!({
            "id": "0193a5c2-e4b0-7c1e-9f3a-2b4c5d6e7f80", "created_at": "2026-01-31T12:00:00Z",
            "spec": {
                "name": "n", "correlation_id": "rr-a", "subject": "s", "body": "b",
            },
            "receiver": null,
            "status": { "phase": "Pending", "reason": null, "completed_at": null, "channels": [] },
        });
        peers.fake.always_answers(NOTIFICATIONS, 201, notification);
        service.notified("rr-a").await;
        told(&trail, 6).await;

        // What is refused will always be.
        peers.succeed("rr-b");
        peers.fake.always_answers(EXECUTIONS, 400, json!({ "detail": "no such target" }));
        service.create(&spec("rr-b", "1", "cart-1")).await;
        let failed = service.requests.reach("rr-b", RemediationPhase::Failed).await.status.details;
        assert_eq!(failed.outcome, Some(RemediationOutcome::ExecutionNotBegun));
        assert!(failed.message.expect("a reason").contains("no such target"));
    }

    async fn each_phase_has_its_time_and_so_has_the_whole(database: TestDatabase) {
        let running = || json!({ "phase": "Pending" });
        for (fingerprint, variable, phase) in [
            ("0", "PROCESSING_TIMEOUT", "Processing"), ("1", "ANALYZING_TIMEOUT", "Analyzing"),
            ("2", "EXECUTING_TIMEOUT", "Executing"), ("3", "GLOBAL_TIMEOUT", "AwaitingApproval"),
        ] {
            let (trail, peers) = (FakePeer::start().await, Peers::start().await);
            let limits = [(variable, "700ms")];
            let service = Service::start_with(&database, &trail, &peers, &limits);
            let name = variable.to_lowercase().replace('_', "-");
            peers.succeed(&name);
            match phase {
                "Processing" => peers.processing(&name, running()),
                "Analyzing" => peers.analysis(&name, running()),
                "Executing" => {
                    peers.execution(&name, running());
                    let path = format!("{EXECUTIONS}/we-{name}/cancellation");
                    peers.fake.always_answers(&path, 503, json!({}));
                }
                _ => peers.analysis(&name, selected(&["Production"])),
            }
            service.create(&spec(&name, fingerprint, &name)).await;
            let end = service.requests.reach(&name, RemediationPhase::TimedOut).await;
            let message = end.status.details.message.expect("a reason");
            assert!(message.starts_with(&format!("took too long while {phase}: ")), "{message}");
            let took = end.status.completed_at.expect("it has ended") - end.created_at;
            assert!(took.whole_milliseconds() >= 700, "{took}");
            let cancelled = format!("{EXECUTIONS}/we-{name}/cancellation");
            if phase == "Executing" {
                let told = service.notified(&name).await.status.details.children.notifications;
                // People are told although the execution cannot be ended yet.
                assert_eq!(told, [format!("nr-manual-review-{name}")]);
                wait_until(async || !peers.fake.calls_of(&cancelled).is_empty()).await;
            } else {
                assert!(peers.fake.calls_of(&cancelled).is_empty(), "{name}");
            }
            service.process.stop();
        }
    }

    async fn an_execution_that_is_gone_may_have_done_something(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        peers.succeed("rr-a");
        peers.execution("rr-a", json!({ "phase": "Running" }));
        service.create(&spec("rr-a", "0", "cart-0")).await;
        service.requests.until("rr-a", |found| found.status.details.children.workflowexecution.is_some())
            .await;
        peers.fake.always_answers(&format!("{EXECUTIONS}/we-rr-a"), 404, json!({}));
        let failed = service.requests.reach("rr-a", RemediationPhase::Failed).await.status.details;
        assert_eq!(failed.outcome, Some(RemediationOutcome::ExecutionFailed));
        let told = service.notified("rr-a").await.status.details.children.notifications;
        assert_eq!(told, ["nr-manual-review-rr-a"]);
    }

    async fn a_cancelled_request_ends_its_execution(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        peers.succeed("rr-a");
        peers.execution("rr-a", json!({ "phase": "Running" }));
        service.create(&spec("rr-a", "0", "cart-0")).await;
        service.requests.reach("rr-a", RemediationPhase::Executing).await;
        let path = format!("{EXECUTIONS}/we-rr-a/cancellation");
        peers.fake.always_answers(&path, 503, json!({}));
        let cancelled = service.cancel("rr-a").await.expect("it was under way").status;
        assert_eq!(cancelled.phase, RemediationPhase::Cancelled);
        assert_eq!(cancelled.details.outcome, Some(RemediationOutcome::Cancelled));
        wait_until(async || !peers.fake.calls_of(&path).is_empty()).await;
        peers.fake.always_answers(&path, 409, json!({ "detail": "it has ended" }));
        let count = peers.fake.calls_of(&path).len();
        wait_until(async || peers.fake.calls_of(&path).len() > count).await;
        let reason = peers.fake.calls_of(&path)[0].body["reason"].clone();
        assert_eq!(reason, "the request has ended: it was wrong");
        let error = service.cancel("rr-a").await.expect_err("it has ended");
        assert!(error.to_string().contains("rr-a is Cancelled already"), "{error}");
        assert_eq!(told(&trail, 6).await[4..], [
            "lifecycle.failed Cancelled", "phase.changed Cancelled",
        ]);
    }
}

/// Two processes on one database make each child once.
#[tokio::test]
async fn two_replicas_do_nothing_twice_on_postgres() {
    let database = TestDatabase::postgres();
    let (trail, peers) = (FakePeer::start().await, Peers::start().await);
    let services =
        [Service::start(&database, &trail, &peers), Service::start(&database, &trail, &peers)];
    for number in 0..16 {
        let name = format!("rr-{number}");
        peers.succeed(&name);
        peers.processing(&name, processed("staging", "P0"));
        let spec = spec(&name, &format!("{number:x}"), &name);
        // Both are asked for each.
        let (one, other) = tokio::join!(services[0].create(&spec), services[1].create(&spec));
        assert_eq!(one.1.id, other.1.id);
    }
    for number in 0..16 {
        services[number % 2].notified(&format!("rr-{number}")).await;
    }
    for collection in [PROCESSINGS, ANALYSES, EXECUTIONS, NOTIFICATIONS] {
        let made = peers.made(collection);
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), 16);
        assert_eq!(made.len(), 16, "{made:?}");
    }
    told(&trail, 16 * 6).await;
}
