//! The service as a process, with a fake DataStorage and fake targets.

mod service;

use std::collections::BTreeSet;
use std::time::Duration;

use contract::AuditEvent;
use contract::workflowexecution::{ExecutionPhase, ExecutionStatus, FailureReason, WaitReason};
use serde_json::json;
use testing::{FakePeer, TestDatabase, on_both_databases};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use uuid::Uuid;

use self::service::{Service, on, one_request, path, put, spec, workflow};

/// Reason, step and whether it had begun.
fn failure(status: &ExecutionStatus) -> (FailureReason, Option<u32>, bool) {
    let failure = status.failure.as_ref().expect("it failed");
    (failure.reason, failure.step, failure.was_execution_failure)
}

on_both_databases! {
    async fn a_workflow_is_executed_and_the_trail_is_told(database: TestDatabase) {
        let (datastorage, target) = (FakePeer::start().await, FakePeer::start().await);
        let service = Service::start(&database, &datastorage);
        let parameters = json!({
            "pod": { "type": "string", "required": true }, "replicas": { "type": "integer" },
        });
        let id = workflow(&datastorage, parameters, json!([
            {
                "type": "http", "method": "PUT", "url": format!("{}/pods/{{{{pod}}}}", target.url),
                "expect": 202, "body": { "to": "{{replicas}}" },
            },
            { "type": "wait", "for": "50ms" },
            { "type": "http", "method": "GET", "url": format!("{}/ready", target.url) },
        ]));
        target.will_answer(202, json!({}));
        let mut asked = spec("a", id);
        asked.parameters = [("pod".into(), "cart/0".into()), ("replicas".into(), 3.into())].into();
        service.executions.create(&asked).await;
        let done = service.executions.reach("a", ExecutionPhase::Completed).await.status;
        let statuses: Vec<_> = done.details.steps.iter().map(|step| step.http_status).collect();
        assert_eq!(statuses, [Some(202), None, Some(201)]);
        for step in &done.details.steps {
            assert!(step.started_at <= step.ended_at && step.error.is_none() && !step.repeated);
        }
        let wait = &done.details.steps[1];
        assert!(wait.ended_at > wait.started_at.map(|start| start + Duration::from_millis(49)));
        let calls = target.calls();
        let lines: Vec<_> =
            calls.iter().map(|call| format!("{} {}", call.method, call.path_and_query)).collect();
        assert_eq!(lines, ["PUT /pods/cart%2F0", "GET /ready"]);
        assert_eq!(calls[0].body, json!({ "to": 3 }));

        let events = datastorage.told(2).await;
        let AuditEvent::ExecutionStarted(started) = &events[0].1 else { panic!("{events:?}") };
        assert_eq!(json!(started.steps), json!(["http", "wait", "http"]));
        let AuditEvent::ExecutionCompleted(ended) = &events[1].1 else { panic!("{events:?}") };
        assert_eq!((ended.steps.len(), &ended.failure), (3, &None));
        assert!(ended.duration_ms >= Some(50) && ended.steps[1].duration_ms >= 50);
        let event = &events[1].0;
        assert_eq!((event.correlation_id.as_str(), event.resource_id.as_deref()), ("rr-a", Some("a")));
        let (code, log) = service.process.stop();
        assert_eq!(code, Some(0), "{log}");
    }

    async fn what_cannot_be_executed_fails_before_it_begins(database: TestDatabase) {
        let (datastorage, target) = (FakePeer::start().await, FakePeer::start().await);
        let service = Service::start_with(&database, &datastorage, &[("CATALOG_ATTEMPTS", "1")]);
        let unknown = Uuid::now_v7();
        datastorage.always_answers(&path(unknown), 404, json!({ "detail": "there is none" }));
        let strange = Uuid::now_v7();
        datastorage.always_answers(&path(strange), 200, json!({ "hello": "world" }));
        let needy = json!({ "pod": { "type": "string", "required": true } });
        let content = json!([{ "type": "http", "url": target.url }]);
        let needy = workflow(&datastorage, needy, content);
        let fine = one_request(&datastorage, &target.url);
        let mut undeclared = spec("undeclared", fine);
        undeclared.parameters = [("pod".to_owned(), json!("cart-0"))].into();
        use FailureReason::{ConfigurationError, Unknown};
        for (spec, reason, message) in [
            (spec("unknown", unknown), ConfigurationError, "there is none"),
            (spec("needy", needy), ConfigurationError, "parameter pod is required"),
            (undeclared, ConfigurationError, "there is no parameter pod"),
            (spec("strange", strange), Unknown, "cannot be understood"),
        ] {
            service.executions.create(&spec).await;
            let status = service.executions.reach(&spec.name, ExecutionPhase::Failed).await.status.details;
            assert_eq!(failure(&status), (reason, None, false), "{}", spec.name);
            let failure = status.failure.expect("it failed");
            assert!(failure.message.contains(message), "{failure:?}");
        }
        assert!(target.calls().is_empty());
        for (_, event) in datastorage.told(4).await {
            assert!(matches!(event, AuditEvent::ExecutionFailed(_)), "{event:?}");
        }
    }

    async fn a_step_that_fails_ends_the_execution(database: TestDatabase) {
        let (datastorage, target) = (FakePeer::start().await, FakePeer::start().await);
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let silent = format!("http://{}", silent.local_addr().expect("an address"));
        let service = Service::start_with(&database, &datastorage, &[("STEP_TIMEOUT", "200ms")]);
        use FailureReason::{DeadlineExceeded, Forbidden, ResourceExhausted, TaskFailed};
        for (name, status, reason) in [
            ("forbidden", 403, Forbidden),
            ("exhausted", 507, ResourceExhausted),
            ("moved", 302, TaskFailed),
            ("broken", 500, TaskFailed),
        ] {
            let id = workflow(&datastorage, json!({}), json!([
                { "type": "http", "url": target.url }, { "type": "wait", "for": "1h" },
            ]));
            target.will_answer(status, json!("for a reason"));
            service.executions.create(&spec(name, id)).await;
            let found = service.executions.reach(name, ExecutionPhase::Failed).await.status.details;
            assert_eq!(failure(&found), (reason, Some(1), true), "{name}");
            assert_eq!(found.steps[0].http_status, Some(status));
            let error = found.steps[0].error.as_deref().unwrap_or_default();
            assert!(error.ends_with(": \"for a reason\""), "{error}");
            assert_eq!(found.steps[1].started_at, None);
        }
        assert_eq!(target.calls().len(), 4, "nothing is sent twice");

        let late = one_request(&datastorage, &silent);
        service.executions.create(&spec("late", late)).await;
        let found = service.executions.reach("late", ExecutionPhase::Failed).await.status.details;
        assert_eq!(failure(&found), (DeadlineExceeded, Some(1), true));
        assert_eq!(found.failure.expect("it failed").message, "no answer within 200ms");

        let long = workflow(&datastorage, json!({}), json!([{ "type": "wait", "for": "1h" }]));
        let mut long = spec("long", long);
        long.timeout = Some(Duration::from_millis(100));
        service.executions.create(&long).await;
        let found = service.executions.reach("long", ExecutionPhase::Failed).await.status.details;
        assert_eq!(failure(&found), (DeadlineExceeded, Some(1), true));
        assert_eq!(found.failure.expect("it failed").message, "all steps took longer than 100ms");
    }

    async fn one_at_a_time_on_a_target_which_then_rests(database: TestDatabase) {
        let datastorage = FakePeer::start().await;
        let service = Service::start_with(&database, &datastorage, &[("COOL_DOWN", "400ms")]);
        let long = workflow(&datastorage, json!({}), json!([{ "type": "wait", "for": "1h" }]));
        let short = workflow(&datastorage, json!({}), json!([{ "type": "wait", "for": "1ms" }]));
        service.executions.create(&on("first", long, "cart-0")).await;
        service.executions.reach("first", ExecutionPhase::Running).await;
        service.executions.create(&on("second", short, "cart-0")).await;
        service.executions.create(&on("elsewhere", short, "cart-1")).await;
        service.executions.reach("elsewhere", ExecutionPhase::Completed).await;
        let waits_for = |reason: WaitReason| {
            service.executions.until("second", move |found| {
                let waiting = found.status.details.waiting.as_ref();
                waiting.is_some_and(|waiting| (waiting.reason, waiting.by.as_str()) == (reason, "first"))
            })
        };
        let busy = waits_for(WaitReason::TargetBusy).await;
        assert_eq!(busy.status.phase, ExecutionPhase::Pending);

        let first = service.cancel("first").await.expect("it was under way").status;
        assert_eq!(first.details.cancellation.as_deref(), Some("it was wrong"));
        let error = service.cancel("first").await.expect_err("it has ended");
        assert!(error.to_string().contains("first is Cancelled already"), "{error}");
        waits_for(WaitReason::CoolDown).await;
        let second = service.executions.reach("second", ExecutionPhase::Completed).await.status;
        let rested = second.details.started_at.zip(first.completed_at).map(|(start, end)| start - end);
        assert!(rested >= Some(time::Duration::milliseconds(400)), "{rested:?}");
        assert_eq!(second.details.waiting, None);

        let events: Vec<_> = datastorage.told(6).await;
        let mut lines: Vec<_> = events
            .iter()
            .map(|(event, _)| format!("{} {}", event.correlation_id, event.event_action))
            .collect();
        lines.sort();
        assert_eq!(lines, [
            "rr-elsewhere completed", "rr-elsewhere started", "rr-first cancelled",
            "rr-first started", "rr-second completed", "rr-second started",
        ]);
    }

    async fn a_step_that_a_kill_cut_off_is_made_again_and_says_so(database: TestDatabase) {
        let datastorage = FakePeer::start().await;
        let target = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", target.local_addr().expect("an address"));
        let content = json!([
            { "type": "wait", "for": "1ms" },
            { "type": "http", "url": url },
            { "type": "wait", "for": "1ms" },
        ]);
        let id = workflow(&datastorage, json!({}), content);
        let mut service = Service::start(&database, &datastorage);
        service.executions.create(&spec("a", id)).await;
        let (cut_off, _) = target.accept().await.expect("a request");
        service.process.kill();
        drop(cut_off);
        let service = Service::start(&database, &datastorage);
        let (mut again, _) = target.accept().await.expect("a request");
        let mut request = vec![0; 4096];
        let read = again.read(&mut request).await.expect("a request");
        let request = String::from_utf8_lossy(&request[..read]).to_lowercase();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        again.write_all(answer).await.expect("it listens");
        let done = service.executions.reach("a", ExecutionPhase::Completed).await;
        let key = format!("idempotency-key: {}-2\r\n", done.id);
        assert!(request.contains(&key), "{request}");
        let repeated: Vec<_> = done.status.details.steps.iter().map(|step| step.repeated).collect();
        assert_eq!(repeated, [false, true, false]);
        let events = datastorage.told(2).await;
        let AuditEvent::ExecutionCompleted(ended) = &events[1].1 else { panic!("{events:?}") };
        assert!(ended.steps[1].repeated);
    }

    async fn an_execution_waits_for_a_catalog_that_is_away(database: TestDatabase) {
        let (datastorage, target) = (FakePeer::start().await, FakePeer::start().await);
        let service = Service::start(&database, &datastorage);
        let id = Uuid::now_v7();
        datastorage.always_answers(&path(id), 503, json!({ "detail": "not now" }));
        service.executions.create(&spec("a", id)).await;
        while datastorage.calls_of(&path(id)).len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        service.executions.reach("a", ExecutionPhase::Pending).await;
        put(&datastorage, id, json!({}), json!([{ "type": "http", "url": target.url }]));
        service.executions.reach("a", ExecutionPhase::Completed).await;
        assert_eq!(target.calls().len(), 1);
    }
}

/// Two processes on one database make each step once, and one execution at a time on
/// a target.
#[tokio::test]
async fn two_replicas_do_nothing_twice_on_postgres() {
    let database = TestDatabase::postgres();
    let (datastorage, target) = (FakePeer::start().await, FakePeer::start().await);
    let services =
        [Service::start(&database, &datastorage), Service::start(&database, &datastorage)];
    let id = one_request(&datastorage, &target.url);
    for number in 0..20 {
        let spec = on(&format!("e-{number}"), id, &format!("cart-{}", number % 4));
        // Both are asked for each.
        let (one, other) = tokio::join!(
            services[0].executions.create(&spec),
            services[1].executions.create(&spec)
        );
        assert_eq!(one.id, other.id);
    }
    let mut times = Vec::new();
    for number in 0..20 {
        let service = &services[number % 2];
        let done =
            service.executions.reach(&format!("e-{number}"), ExecutionPhase::Completed).await;
        let step = &done.status.details.steps[0];
        times.push((number % 4, step.started_at, step.ended_at));
    }
    times.sort();
    for pair in times.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        assert!(pair[0].2 <= pair[1].1, "two at once: {pair:?}");
    }
    let key = |call: &testing::peer::Call| call.headers["idempotency-key"].clone();
    let calls = target.calls();
    let keys: BTreeSet<_> = calls.iter().map(|call| key(call).as_bytes().to_vec()).collect();
    assert_eq!((keys.len(), calls.len()), (20, 20));
    datastorage.told(40).await;
}
