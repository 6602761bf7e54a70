//! The service as a process, with a fake trail and a peer that plays all others.

mod routing;
mod service;
mod trouble;

use std::time::{Duration, Instant};

use contract::AuditEvent;
use contract::aianalysis::ApprovalReason;
use contract::remediationorchestrator::{ApprovalState, RemediationOutcome, RemediationPhase};
use serde_json::{Value, json};
use testing::{FakePeer, TestDatabase, on_both_databases};

use self::service::{
    ANALYSES, DEADLINE, EXECUTIONS, NOTIFICATIONS, PROCESSINGS, Peers, Service, executed, failed,
    processed, selected, spec, unselected,
};

/// What the trail was told, in order, without the service's name.
async fn told(trail: &FakePeer, count: usize) -> Vec<String> {
    let line = |(event, payload): &(contract::datastorage::NewEvent, AuditEvent)| {
        let what = event.event_type.strip_prefix("orchestrator.").expect("ours");
        match payload {
            AuditEvent::RemediationPhaseChanged(change) => format!("{what} {}", change.to),
            AuditEvent::RemediationCompleted(end) | AuditEvent::RemediationFailed(end) => {
                format!("{what} {}", end.outcome)
            }
            AuditEvent::RoutingBlocked(blocked) => format!("{what} {}", blocked.reason),
            AuditEvent::ApprovalApproved(answer) | AuditEvent::ApprovalRejected(answer) => {
                format!("{what} {}", answer.decided_by)
            }
            _ => what.to_owned(),
        }
    };
    trail.told(count).await.iter().map(line).collect()
}

on_both_databases! {
    async fn a_signal_is_remedied_and_the_trail_is_told(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        peers.succeed("rr-a");
        peers.processing("rr-a", processed("staging", "P0"));
        let (status, made) = service.create(&spec("rr-a", "0", "cart-0")).await;
        assert_eq!((status, made.status.phase), (201, RemediationPhase::Pending));
        let done = service.notified("rr-a").await.status;
        assert_eq!(done.phase, RemediationPhase::Completed);
        let details = done.details;
        assert_eq!(details.outcome, Some(RemediationOutcome::Remediated));
        assert_eq!(details.environment.as_deref(), Some("staging"));
        let children = json!({
            "signalprocessing": "sp-rr-a", "aianalysis": "ai-rr-a",
            "workflowexecution": "we-rr-a", "notifications": ["nr-completed-rr-a"],
        });
        assert_eq!(json!(details.children), children);

        let made = |collection| {
            let calls = peers.calls("POST", collection);
            assert_eq!(calls.len(), 1, "{calls:#?}");
            assert_eq!(calls[0].body["correlation_id"], "rr-a");
            calls[0].body.clone()
        };
        let signal = json!(spec("rr-a", "0", "cart-0").signal);
        assert_eq!(made(PROCESSINGS)["signal"], signal);
        let analysis = made(ANALYSES);
        assert_eq!(analysis["incident"], json!({
            "signal": signal, "environment": "staging", "severity": "critical",
            "priority": "P0", "detected_labels": { "helm": "true" }, "degraded_mode": false,
        }));
        assert_eq!((&analysis["attempt"], &analysis["previous_executions"]), (&json!(1), &json!([])));
        let execution = made(EXECUTIONS);
        assert_eq!(execution["target"], signal["target"]);
        assert_eq!(execution["parameters"], json!({ "pod": "cart-0" }));
        let notification = made(NOTIFICATIONS);
        assert_eq!(notification["type"], "status-update");
        assert_eq!(notification["priority"], "critical");
        assert_eq!(notification["subject"], "Completed: OOMKilled of shop/pod/cart-0");

        assert_eq!(told(&trail, 6).await, [
            "lifecycle.started", "phase.changed Processing", "phase.changed Analyzing",
            "phase.changed Executing", "lifecycle.completed Remediated",
            "phase.changed Completed",
        ]);
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
    }

    async fn somebody_agrees_or_does_not_or_is_too_late(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let limits = [("APPROVAL_TIMEOUT", "3s"), ("BACKOFF", "1ms")];
        let service = Service::start_with(&database, &trail, &peers, &limits);
        for (name, fingerprint) in [("rr-yes", "0"), ("rr-no", "1"), ("rr-late", "2")] {
            peers.succeed(name);
            peers.analysis(name, selected(&["Production"]));
            service.create(&spec(name, fingerprint, name)).await;
        }
        for name in ["rr-yes", "rr-no", "rr-late"] {
            let asked = service.notified(name).await.status;
            assert_eq!(asked.phase, RemediationPhase::AwaitingApproval);
            let approval = asked.details.approval.expect("somebody is asked");
            assert_eq!(approval.state, ApprovalState::Requested);
            assert_eq!(json!(approval.reasons), json!(["Production"]));
        }
        assert_eq!(peers.made(EXECUTIONS), [""; 0]);

        service.answer("rr-yes", true).await.expect("in time");
        service.requests.reach("rr-yes", RemediationPhase::Completed).await;
        let no = service.answer("rr-no", false).await.expect("in time").status;
        assert_eq!(no.phase, RemediationPhase::Failed);
        assert_eq!(no.details.outcome, Some(RemediationOutcome::ApprovalRejected));
        let late = service.requests.reach("rr-late", RemediationPhase::Failed).await.status.details;
        assert_eq!(late.outcome, Some(RemediationOutcome::ApprovalExpired));
        assert_eq!(late.approval.expect("it was asked for").state, ApprovalState::Expired);
        for name in ["rr-yes", "rr-no", "rr-late"] {
            let error = service.answer(name, true).await.expect_err("it is over");
            assert!(error.to_string().contains("409"), "{error}");
        }
        assert_eq!(peers.made(EXECUTIONS), ["we-rr-yes"]);
        let mut notified = peers.made(NOTIFICATIONS);
        notified.sort();
        assert_eq!(notified, ["nr-approval-rr-late", "nr-approval-rr-no", "nr-approval-rr-yes"]);
        let body = peers.calls("POST", NOTIFICATIONS)[0].body["body"].to_string();
        assert!(body.contains("restart 1.0.0") && body.contains("pod: \\\"cart-0\\\""), "{body}");

        let events = trail.told(9 + 8 + 8).await;
        let of = |name: &str| {
            let mine = events.iter().filter(|(event, _)| event.correlation_id == name);
            mine.map(|(event, _)| event.event_type.as_str()).skip(3).collect::<Vec<_>>()
        };
        let [requested, phase] = ["orchestrator.approval.requested", "orchestrator.phase.changed"];
        let failed = "orchestrator.lifecycle.failed";
        assert_eq!(of("rr-yes"), [
            requested, phase, "orchestrator.approval.approved", phase,
            "orchestrator.lifecycle.completed", phase,
        ]);
        assert_eq!(of("rr-no"), [requested, phase, "orchestrator.approval.rejected", failed, phase]);
        assert_eq!(of("rr-late"), [requested, phase, "orchestrator.approval.expired", failed, phase]);
    }

    async fn an_analysis_that_does_not_say_who_has_to_agree_asks(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        peers.succeed("rr-a");
        let mut silent = selected(&[]);
        silent["approval"] = Value::Null;
        peers.analysis("rr-a", silent);
        service.create(&spec("rr-a", "0", "cart-0")).await;
        let found = service.requests.reach("rr-a", RemediationPhase::AwaitingApproval).await;
        let approval = found.status.details.approval.expect("somebody is asked");
        assert_eq!(approval.reasons, [ApprovalReason::DataQuality]);
    }

    async fn what_others_find_decides_the_end(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start_with(&database, &trail, &peers, &[("BACKOFF", "1ms")]);
        use RemediationOutcome::{
            AnalysisFailed, Cancelled, ExecutionFailed, ExecutionNotBegun, ProcessingFailed,
            WorkflowNotNeeded,
        };
        let cancelled = json!({ "phase": "Cancelled", "cancellation": "no" });
        let broken = json!({ "phase": "Failed", "failure": "it is damaged" });
        let fine = || (processed("staging", "P1"), selected(&[]), executed());
        let cases = [
            ("broken", (broken, fine().1, fine().2), ProcessingFailed, false),
            ("idle", (fine().0, unselected("Completed", "WorkflowNotNeeded"), fine().2),
                WorkflowNotNeeded, false),
            ("review", (fine().0, unselected("Failed", "WorkflowResolutionFailed"), fine().2),
                AnalysisFailed, true),
            ("unsure", (fine().0, unselected("Failed", "NoWorkflowSelected"), fine().2),
                AnalysisFailed, true),
            ("unfit", (fine().0, fine().1, failed(false)), ExecutionNotBegun, false),
            ("failed", (fine().0, fine().1, failed(true)), ExecutionFailed, true),
            ("stopped", (fine().0, fine().1, cancelled), Cancelled, false),
        ];
        for (index, (name, (processing, analysis, execution), outcome, is_told)) in
            cases.into_iter().enumerate()
        {
            peers.processing(name, processing);
            peers.analysis(name, analysis);
            peers.execution(name, execution);
            service.create(&spec(name, &format!("{index:x}"), name)).await;
            let found = service.requests.until(name, |found| found.status.completed_at.is_some()).await;
            assert_eq!(found.status.details.outcome, Some(outcome), "{name}");
            if is_told {
                let named = format!("nr-manual-review-{name}");
                let told = [named.clone()];
                let found = service.requests.until(name, |found| found.status.details.children.notifications == told)
                    .await;
                let made = peers.made(NOTIFICATIONS);
                assert_eq!(made.last(), Some(&named), "{:?}", found.status);
            }
        }
        assert_eq!(peers.made(NOTIFICATIONS).len(), 3, "the others are told to nobody");
        assert_eq!(peers.made(EXECUTIONS), ["we-unfit", "we-failed", "we-stopped"]);
        trail.told(4 + 5 + 5 + 5 + 6 + 6 + 6).await;
    }

    async fn a_signal_that_comes_again_is_counted_until_it_is_remedied(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        peers.succeed("rr-a");
        peers.analysis("rr-a", selected(&["Production"]));
        let first = service.create(&spec("rr-a", "0", "cart-0")).await.1;
        for repetitions in 1..=3 {
            let again = spec(&format!("rr-again-{repetitions}"), "0", "cart-0");
            let (status, found) = service.create(&again).await;
            assert_eq!((status, found.id), (200, first.id));
            assert_eq!(found.status.details.repetitions, repetitions);
            assert!(found.status.details.repeated_at >= Some(first.created_at));
        }
        // The answer to the first one was lost.
        let (status, found) = service.create(&spec("rr-a", "0", "cart-0")).await;
        assert_eq!((status, found.status.details.repetitions), (200, 3));
        service.requests.reach("rr-a", RemediationPhase::AwaitingApproval).await;
        service.answer("rr-a", true).await.expect("in time");
        service.requests.reach("rr-a", RemediationPhase::Completed).await;
        let (status, _) = service.create(&spec("rr-b", "0", "cart-0")).await;
        assert_eq!(status, 201);
        let events = trail.told(9 + 2).await;
        let ends = events.iter().filter_map(|(_, event)| match event {
            AuditEvent::RemediationCompleted(end) => Some(end.repetitions),
            _ => None,
        });
        assert_eq!(ends.collect::<Vec<_>>(), [3]);
    }

    async fn a_deleted_request_takes_all_that_it_has_made_along(database: TestDatabase) {
        let (trail, peers) = (FakePeer::start().await, Peers::start().await);
        let service = Service::start(&database, &trail, &peers);
        peers.succeed("rr-a");
        peers.execution("rr-a", json!({ "phase": "Running" }));
        service.create(&spec("rr-a", "0", "cart-0")).await;
        service.requests.until("rr-a", |found| found.status.details.children.workflowexecution.is_some()).await;
        peers.forget("rr-a");
        peers.fake.always_answers("/api/v1/aianalyses/ai-rr-a", 503, json!({}));
        service.delete("rr-a").await;
        service.requests.get("rr-a").await.expect_err("it is gone");
        let deleted = || {
            let calls = peers.calls("DELETE", "/api/v1/");
            calls.iter().map(|call| call.path_and_query.clone()).collect::<Vec<_>>()
        };
        wait_until(async || deleted().len() >= 2).await;
        peers.fake.always_answers("/api/v1/aianalyses/ai-rr-a", 404, json!({}));
        // Its name is free once all of it is gone.
        wait_until(async || service.try_create(&spec("rr-a", "0", "cart-0")).await.is_ok()).await;
        let mut paths = deleted();
        paths.sort();
        paths.dedup();
        assert_eq!(paths, [
            "/api/v1/aianalyses/ai-rr-a", "/api/v1/notifications/nr-approval-rr-a",
            "/api/v1/notifications/nr-completed-rr-a",
            "/api/v1/notifications/nr-manual-review-rr-a",
            "/api/v1/signalprocessings/sp-rr-a", "/api/v1/workflowexecutions/we-rr-a",
        ]);
    }
}

/// Waits until something is so.
pub(crate) async fn wait_until(is: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !is().await {
        assert!(start.elapsed() < DEADLINE, "it is not so");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
