//! The service as a process, with a fake holmesgpt-api and a fake trail.

mod service;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use contract::AuditEvent;
use contract::aianalysis::{
    AiAnalyses, AnalysisPhase, AnalysisReason, AnalysisSpec, ApprovalReason,
};
use contract::resource::Create;
use kit::PeerError;
use serde_json::json;
use testing::{FakePeer, TestDatabase, on_both_databases};

use self::service::{INCIDENT, RECOVERY, Service, analysis, holmesgpt, spec};

on_both_databases! {
    async fn an_incident_is_analyzed_and_the_trail_is_told(database: TestDatabase) {
        let (trail, holmesgpt) = (FakePeer::start().await, holmesgpt().await);
        holmesgpt.always_answers(INCIDENT, 200, analysis(json!([])));
        let service = Service::start(&database, &trail, &holmesgpt.url);
        service.analyses.create(&spec("a", "production", 1)).await;
        let found = service.analyses.ended("a").await;
        assert_eq!(found.status.phase, AnalysisPhase::Completed);
        let status = found.status.details;
        assert_eq!((status.calls, status.reason), (1, Some(AnalysisReason::WorkflowSelected)));
        let approval = status.approval.expect("it was decided");
        assert_eq!((approval.required, approval.reasons), (true, vec![ApprovalReason::Production]));
        assert_eq!(json!(status.analysis), analysis(json!([])));

        let events = trail.told(6).await;
        let lines: Vec<_> = events.iter().map(|(event, payload)| {
            let short = event.event_type.strip_prefix("aianalysis.").expect("ours");
            assert_eq!(event.correlation_id, "rr-a");
            assert_eq!(event.resource_id.as_deref(), Some("a"));
            match payload {
                AuditEvent::AnalysisPhaseChanged(change) => format!("{short} {}", change.to),
                AuditEvent::InvestigationCalled(call) => {
                    format!("{short} {} {:?} {:?}", call.endpoint, call.http_status, call.error)
                }
                AuditEvent::ApprovalNeedDecided(need) => format!("{short} {}", need.required),
                AuditEvent::AnalysisCompleted(result) => {
                    format!("{short} {} {:?}", result.reason, result.confidence)
                }
                other => format!("{other:?}"),
            }
        }).collect();
        assert_eq!(lines, [
            "phase.changed Investigating",
            "investigation.called /api/v1/incident/analyze Some(200) None",
            "phase.changed Analyzing",
            "approval.decided true",
            "analysis.completed WorkflowSelected Some(0.92)",
            "phase.changed Completed",
        ]);
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
    }

    async fn what_may_pass_is_tried_again_and_what_may_not_is_not(database: TestDatabase) {
        let (trail, holmesgpt) = (FakePeer::start().await, holmesgpt().await);
        let service = Service::start(&database, &trail, &holmesgpt.url);
        holmesgpt.will_answer(500, json!("oops"));
        holmesgpt.will_answer(200, json!({ "garbage": true }));
        holmesgpt.will_answer_with(429, &[("retry-after", "1")], json!({}));
        holmesgpt.will_answer(200, analysis(json!(["nothing is known of the target"])));
        let begin = Instant::now();
        service.analyses.create(&spec("a", "staging", 1)).await;
        let status = service.analyses.ended("a").await.status.details;
        assert!(begin.elapsed() >= Duration::from_secs(1), "it says when: {:?}", begin.elapsed());
        assert_eq!((status.calls, status.reason), (4, Some(AnalysisReason::WorkflowSelected)));
        let approval = status.approval.expect("it was decided");
        assert_eq!(approval.reasons, [ApprovalReason::DataQuality]);

        holmesgpt.will_answer(422, json!({ "detail": "no such thing" }));
        service.analyses.create(&spec("b", "staging", 1)).await;
        let found = service.analyses.ended("b").await;
        assert_eq!(found.status.phase, AnalysisPhase::Failed);
        let status = found.status.details;
        assert_eq!((status.calls, status.reason), (1, Some(AnalysisReason::InvestigationRefused)));
        assert!(status.message.expect("it says why").ends_with("422: no such thing"));

        holmesgpt.always_answers(INCIDENT, 503, json!({}));
        service.analyses.create(&spec("c", "staging", 1)).await;
        let status = service.analyses.ended("c").await.status.details;
        assert_eq!((status.calls, status.reason), (5, Some(AnalysisReason::RetriesExhausted)));
        // Of a: 6 and three more calls; of b: 4; of c: 4 and four more calls.
        trail.told(21).await;
    }

    async fn a_killed_process_goes_on_where_it_was_and_tells_nothing_twice(database: TestDatabase) {
        let (trail, holmesgpt) = (FakePeer::start().await, holmesgpt().await);
        let mut service = Service::start(&database, &trail, &holmesgpt.url);
        // So it waits for a second.
        holmesgpt.will_answer_with(503, &[("retry-after", "1")], json!({}));
        service.analyses.create(&spec("a", "staging", 1)).await;
        service.analyses.until("a", |found| found.status.details.calls == 1).await;
        service.process.kill();
        holmesgpt.always_answers(INCIDENT, 200, analysis(json!([])));
        let service = Service::start(&database, &trail, &holmesgpt.url);
        let status = service.analyses.ended("a").await.status.details;
        assert_eq!((status.calls, status.reason), (2, Some(AnalysisReason::WorkflowSelected)));
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
        trail.told(7).await;
    }
}

#[tokio::test]
async fn a_second_attempt_is_a_recovery_and_a_third_needs_an_approval() {
    let (trail, holmesgpt) = (FakePeer::start().await, holmesgpt().await);
    holmesgpt.always_answers(RECOVERY, 200, analysis(json!([])));
    let database = TestDatabase::sqlite();
    let service = Service::start(&database, &trail, &holmesgpt.url);
    for (name, attempt, reasons) in
        [("b", 2, Vec::new()), ("c", 3, vec![ApprovalReason::RepeatedAttempts])]
    {
        service.analyses.create(&spec(name, "staging", attempt)).await;
        let approval = service.analyses.ended(name).await.status.details.approval.expect("decided");
        assert_eq!((approval.required, approval.reasons), (attempt == 3, reasons));
    }
    let asked: Vec<_> = holmesgpt.calls_of(RECOVERY).into_iter().map(|call| call.body).collect();
    assert_eq!((&asked[0]["attempt"], &asked[1]["attempt"]), (&json!(2), &json!(3)));
    assert_eq!(asked[1]["previous_executions"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_recovery_has_previous_executions_and_nothing_else_has() {
    let (trail, holmesgpt) = (FakePeer::start().await, holmesgpt().await);
    let database = TestDatabase::sqlite();
    let service = Service::start(&database, &trail, &holmesgpt.url);
    let without = AnalysisSpec { previous_executions: Vec::new(), ..spec("a", "staging", 2) };
    let with = AnalysisSpec { attempt: 1, ..spec("a", "staging", 2) };
    for (spec, message) in [
        (without, "are required from the second attempt on"),
        (with, "must not be there in the first attempt"),
    ] {
        let refused = service.analyses.peer.call::<Create<AiAnalyses>>().body(&spec).send().await;
        let Err(PeerError::Refused { status: 400, problem, .. }) = refused else {
            panic!("{refused:?}");
        };
        let [violation] = &problem.errors[..] else { panic!("{problem:?}") };
        let violation = (violation.field.as_str(), violation.message.as_str());
        assert_eq!(violation, ("previous_executions", message));
    }
}

#[tokio::test]
async fn without_an_answer_in_time_it_gives_up_after_five_calls() {
    // Nobody accepts its connections; behind the other address there is nobody.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent_url = format!("http://{}", silent.local_addr().expect("an address"));
    for url in [silent_url.as_str(), "http://127.0.0.1:1"] {
        let trail = FakePeer::start().await;
        let database = TestDatabase::sqlite();
        let service = Service::start(&database, &trail, url);
        service.analyses.create(&spec("a", "staging", 1)).await;
        let found = service.analyses.ended("a").await;
        assert_eq!(found.status.phase, AnalysisPhase::Failed);
        let status = found.status.details;
        assert_eq!((status.calls, status.reason), (5, Some(AnalysisReason::RetriesExhausted)));
        let events = trail.told(8).await;
        let calls = events.iter().filter_map(|(_, event)| match event {
            AuditEvent::InvestigationCalled(call) => Some((call.attempt, call.http_status)),
            _ => None,
        });
        let expected: Vec<_> = (1..=5).map(|number| (number, None)).collect();
        assert_eq!(calls.collect::<Vec<_>>(), expected);
    }
}

/// Two processes on one database do everything once.
#[tokio::test]
async fn two_replicas_do_nothing_twice_on_postgres() {
    let database = TestDatabase::postgres();
    let (trail, holmesgpt) = (FakePeer::start().await, holmesgpt().await);
    holmesgpt.always_answers(INCIDENT, 200, analysis(json!([])));
    let services = [
        Service::start(&database, &trail, &holmesgpt.url),
        Service::start(&database, &trail, &holmesgpt.url),
    ];
    for number in 0..20 {
        let spec = spec(&format!("s-{number}"), "staging", 1);
        // Both are asked for each.
        let (one, other) =
            tokio::join!(services[0].analyses.create(&spec), services[1].analyses.create(&spec));
        assert_eq!(one.id, other.id);
    }
    for number in 0..20 {
        services[number % 2].analyses.ended(&format!("s-{number}")).await;
    }
    let [one, other] = services;
    one.process.stop();
    other.process.stop();
    assert_eq!(holmesgpt.calls_of(INCIDENT).len(), 20);
    trail.told(120).await;
}
