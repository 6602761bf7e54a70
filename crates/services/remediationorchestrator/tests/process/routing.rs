//! What holds a request up before a workflow is executed.

use contract::remediationorchestrator::{
    BlockReason, Blocked, RemediationOutcome, RemediationPhase,
};
use serde_json::json;
use testing::{FakePeer, TestDatabase, on_both_databases};

use crate::service::{ANALYSES, EXECUTIONS, Peers, Service, executed, failed, spec};
use crate::told;

/// Waits until a rule holds a request up.
async fn blocked(service: &Service, name: &str) -> Blocked {
    let found = service.requests.reach(name, RemediationPhase::Blocked).await.status;
    found.details.blocked.expect("a rule")
}

on_both_databases! {
    async fn after_failures_a_signal_is_left_alone_longer_and_longer(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let limits = [
            ("BACKOFF", "1s"), ("MAX_BACKOFF", "1500ms"), ("FAILURE_COOL_DOWN", "2s"),
        ];
        let service = Service::start_with(&database, &trail, &peers, &limits);
        let mut ended_at = None;
        for (name, reason, milliseconds) in [
            ("rr-1", None, 0),
            ("rr-2", Some(BlockReason::Backoff), 1000),
            ("rr-3", Some(BlockReason::Backoff), 1500),
            ("rr-4", Some(BlockReason::ConsecutiveFailures), 2000),
        ] {
            peers.succeed(name);
            peers.execution(name, failed(true));
            service.create(&spec(name, "0", "cart-0")).await;
            if let Some(reason) = reason {
                let blocked = blocked(&service, name).await;
                assert_eq!(blocked.reason, reason);
                let wait = blocked.until.zip(ended_at).map(|(until, ended)| until - ended);
                assert_eq!(wait, Some(time::Duration::milliseconds(milliseconds)), "{name}");
            }
            let end = service.requests.reach(name, RemediationPhase::Failed).await;
            let since_the_last = end.status.completed_at.zip(ended_at);
            let waited = since_the_last.map(|(end, last)| end - last);
            let least = time::Duration::milliseconds(milliseconds);
            assert!(waited.is_none_or(|waited| waited >= least), "{name}: {waited:?}");
            ended_at = end.status.completed_at;
        }
        let attempts: Vec<_> = peers
            .calls("POST", ANALYSES)
            .iter()
            .map(|call| (call.body["attempt"].clone(), call.body["previous_executions"].clone()))
            .collect();
        let previous = json!({
            "workflow_id": "01940000-0000-7000-8000-000000000001",
            "failure": "workflow restart 1.0.0 failed: step 1 has failed",
        });
        assert_eq!(attempts[0], (json!(1), json!([])));
        assert_eq!(attempts[3], (json!(4), json!([previous, previous, previous])));
        let blocked = told(&trail, 6 + 3 * 8).await;
        let blocked = blocked.iter().filter(|line| line.starts_with("routing.blocked"));
        assert_eq!(blocked.collect::<Vec<_>>(), [
            "routing.blocked Backoff", "routing.blocked Backoff",
            "routing.blocked ConsecutiveFailures",
        ]);
    }

    async fn one_request_at_a_time_is_at_work_on_a_target(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        for name in ["rr-a", "rr-b", "rr-c"] {
            peers.succeed(name);
        }
        peers.execution("rr-a", json!({ "phase": "Running" }));
        service.create(&spec("rr-a", "0", "cart-0")).await;
        service.requests.reach("rr-a", RemediationPhase::Executing).await;
        service.create(&spec("rr-b", "1", "cart-0")).await;
        let by = Some("rr-a".to_owned());
        let expected = Blocked { reason: BlockReason::TargetBusy, until: None, by };
        assert_eq!(blocked(&service, "rr-b").await, expected);
        service.create(&spec("rr-c", "2", "cart-1")).await;
        service.requests.reach("rr-c", RemediationPhase::Completed).await;
        assert_eq!(peers.made(EXECUTIONS), ["we-rr-a", "we-rr-c"]);
        peers.execution("rr-a", executed());
        let done = service.requests.reach("rr-b", RemediationPhase::Completed).await.status.details;
        assert_eq!(done.blocked, None);
        // However often it has asked, the trail is told once.
        let lines = told(&trail, 6 + 6 + 8).await;
        assert_eq!(lines.iter().filter(|line| line.starts_with("routing")).count(), 1);
    }

    async fn what_was_remedied_just_now_is_skipped(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let limits = [("REMEDIED_INTERVAL", "1h")];
        let service = Service::start_with(&database, &trail, &peers, &limits);
        for name in ["rr-a", "rr-b", "rr-c"] {
            peers.succeed(name);
        }
        service.create(&spec("rr-a", "0", "cart-0")).await;
        service.requests.reach("rr-a", RemediationPhase::Completed).await;
        // Another signal of the same target, and the same one of another target.
        service.create(&spec("rr-b", "1", "cart-0")).await;
        let skipped = service.requests.reach("rr-b", RemediationPhase::Skipped).await.status.details;
        assert_eq!(skipped.outcome, Some(RemediationOutcome::RecentlyRemediated));
        service.create(&spec("rr-c", "2", "cart-1")).await;
        service.requests.reach("rr-c", RemediationPhase::Completed).await;
        assert_eq!(peers.made(EXECUTIONS), ["we-rr-a", "we-rr-c"]);
        let lines = told(&trail, 6 + 5 + 6).await;
        assert!(lines.iter().any(|line| line == "lifecycle.completed RecentlyRemediated"));
    }

    async fn a_signal_that_is_left_alone_does_not_keep_others_from_its_target(
        database: TestDatabase
    ) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        for name in ["rr-a", "rr-b", "rr-c"] {
            peers.succeed(name);
        }
        peers.execution("rr-a", failed(true));
        service.create(&spec("rr-a", "0", "cart-0")).await;
        service.requests.reach("rr-a", RemediationPhase::Failed).await;
        service.create(&spec("rr-b", "0", "cart-0")).await;
        assert_eq!(blocked(&service, "rr-b").await.reason, BlockReason::Backoff);
        service.create(&spec("rr-c", "1", "cart-0")).await;
        service.requests.reach("rr-c", RemediationPhase::Completed).await;
    }
}
