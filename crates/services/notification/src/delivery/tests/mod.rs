use kit::work::{WorkConfig, Worker};
use kit::{Peer, Service};
use serde_json::{Value, json};
use testing::{TestDatabase, on_both_databases};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

mod restart;
mod slack;

use super::*;
use crate::model::{AttemptOutcome, DeliveryState, Notification, Phase, Reason};
use crate::testing::{Answer, DEADLINE, FakeReceiver, FakeTrail, eventually, nobody, open, spec};

/// Longer than any test takes.
const LEASE: Duration = Duration::from_secs(60);

/// A running worker over a database of its own.
struct TestWorker {
    store: Store,
    wake: Arc<Notify>,
    /// The worker and the outbox, in the order in which they end.
    tasks: [(CancellationToken, JoinHandle<anyhow::Result<()>>); 2],
}

impl TestWorker {
    async fn start(database: &TestDatabase, trail: &str) -> Self {
        Self::with(database, trail, None, LEASE).await
    }

    async fn with(
        database: &TestDatabase,
        trail: &str,
        slack: Option<Url>,
        lease: Duration,
    ) -> Self {
        let store = open(database);
        store.database.migrate(DEADLINE).await.expect("the database is there");
        let service = Service::for_tests(kit::package!());
        let output = database.folder().join("output");
        let channels = Channels::open(output, slack, Duration::from_secs(5)).expect("a folder");
        let deliveries = Deliveries {
            store: store.clone(),
            channels: Arc::new(channels),
            policy: RetryPolicy {
                initial: Duration::from_secs(30),
                factor: 2.0,
                max: Duration::from_secs(480),
                attempts: 5,
            },
            metrics: Metrics::new(&service),
        };
        let wake = Arc::<Notify>::default();
        let config = WorkConfig { lease, database_retry: Duration::from_millis(100) };
        let worker = Worker::new(deliveries, &config, Arc::clone(&wake));
        let stops = [CancellationToken::new(), CancellationToken::new()];
        let datastorage = Peer::new("datastorage", trail).expect("an address");
        let deliveries = tokio::spawn(worker.run(stops[0].clone()));
        let audit = tokio::spawn(store.outbox.clone().run(service, datastorage, stops[1].clone()));
        let [first, second] = stops;
        Self { store, wake, tasks: [(first, deliveries), (second, audit)] }
    }

    async fn send(&self, name: &str, channels: &Value) {
        self.store.create(spec(name, channels), None, now()).await.expect("kept");
        self.wake.notify_one();
    }

    async fn get(&self, name: &str) -> Notification {
        self.store.get(name).await.expect("the database is there").expect("there is one")
    }

    /// Waits until a notification is in a final phase.
    async fn finished(&self, name: &str) -> Notification {
        eventually("final phase", || async {
            let notification = self.get(name).await;
            let status = &notification.status;
            if status.phase.is_final() { Ok(notification) } else { Err(format!("{status:?}")) }
        })
        .await
    }

    /// Stops as the service does, after all audit events are delivered.
    async fn stop(self) {
        for (stop, task) in self.tasks {
            stop.cancel();
            task.await.expect("no panic").expect("it ends well");
        }
        assert_eq!(self.store.outbox.waiting().await.expect("there"), 0, "all is delivered");
        self.store.database.close().await;
    }

    /// Ends as by a kill: no attempt is finished, no event is sent any more.
    async fn kill(self) {
        for (_, task) in self.tasks {
            task.abort();
            let _ = task.await;
        }
        self.store.database.close().await;
    }
}

fn webhook(url: &str) -> Value {
    json!({ "type": "webhook", "url": url })
}

/// Type, outcome, channel and attempts of every event.
fn event_lines(trail: &FakeTrail) -> Vec<String> {
    let mut told: Vec<_> = trail
        .events()
        .iter()
        .map(|event| {
            let data = &event["event_data"];
            format!(
                "{} {} {} {}x {}",
                event["event_type"].as_str().expect("a type"),
                event["event_outcome"].as_str().expect("an outcome"),
                data["channel"].as_str().expect("a channel"),
                data["attempts"],
                event["correlation_id"].as_str().expect("a correlation"),
            )
        })
        .collect();
    told.sort();
    told
}

on_both_databases! {
    async fn every_channel_gets_the_message_once(database: TestDatabase) {
        let (trail, address) = FakeTrail::start().await;
        let (receiver, url) = FakeReceiver::start(&[]).await;
        let running = TestWorker::start(&database, &address).await;
        running.send("a", &json!([{ "type": "log" }, { "type": "file" }, webhook(&url)])).await;
        let notification = running.finished("a").await;
        assert_eq!(notification.status.phase, Phase::Sent);

        let [(headers, mut body)] = receiver.received().try_into().expect("one request");
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["idempotency-key"], format!("{}-webhook", notification.id).as_str());
        assert_eq!(body["id"].take(), json!(notification.id));
        assert!(body["created_at"].take().is_string());
        insta::assert_snapshot!(body, @r#"{"action_links":[],"body":"b","channel":"webhook","correlation_id":"rr-a","created_at":null,"id":null,"labels":{},"metadata":{},"name":"a","priority":"medium","subject":"s","type":"simple"}"#);

        let file = notification.status.channels[1].attempts[0].receipt.clone().expect("a path");
        let text = std::fs::read_to_string(&file).expect("the file is there");
        let mut file: Value = serde_json::from_str(&text).expect("JSON");
        for field in ["id", "created_at"] {
            file[field].take();
        }
        body["channel"] = json!("file");
        assert_eq!(file, body, "every channel says the same");
        let names = std::fs::read_dir(database.folder().join("output")).expect("a folder").count();
        assert_eq!(names, 1, "no temporary file is left");

        running.stop().await;
        insta::assert_snapshot!(event_lines(&trail).join("\n"), @r"
        notification.message.sent success file 1x rr-a
        notification.message.sent success log 1x rr-a
        notification.message.sent success webhook 1x rr-a
        ");
    }
}

on_both_databases! {
    async fn a_channel_that_fails_is_tried_again_without_the_others(database: TestDatabase) {
        let (trail, address) = FakeTrail::start().await;
        let (good, good_url) = FakeReceiver::start(&[]).await;
        let (bad, bad_url) = FakeReceiver::start(&[Answer::Status(503), Answer::Status(408)]).await;
        let running = TestWorker::start(&database, &address).await;
        let [mut first, mut second] = [webhook(&good_url), webhook(&bad_url)];
        first["name"] = json!("good");
        second["name"] = json!("bad");
        running.send("a", &json!([first, second])).await;
        let status = running.finished("a").await.status;

        assert_eq!(status.phase, Phase::Sent);
        assert_eq!((good.received().len(), bad.received().len()), (1, 3));
        let attempts = &status.channels[1].attempts;
        let outcomes: Vec<_> = attempts.iter().map(|a| (a.number, a.http_status, a.outcome)).collect();
        assert_eq!(
            outcomes,
            [
                (1, Some(503), Some(AttemptOutcome::Failure)),
                (2, Some(408), Some(AttemptOutcome::Failure)),
                (3, Some(200), Some(AttemptOutcome::Success)),
            ]
        );
        let waits: Vec<_> =
            attempts.windows(2).map(|a| a[1].started_at - a[0].ended_at.expect("ended")).collect();
        assert!(
            waits[0] >= Duration::from_millis(5) && waits[1] >= Duration::from_millis(10),
            "{waits:?}"
        );
        running.stop().await;
        insta::assert_snapshot!(event_lines(&trail).join("\n"), @r"
        notification.message.sent success bad 3x rr-a
        notification.message.sent success good 1x rr-a
        ");
    }
}

on_both_databases! {
    async fn failures_end_after_the_last_attempt_or_at_once(database: TestDatabase) {
        let (trail, address) = FakeTrail::start().await;
        let (busy, busy_url) = FakeReceiver::start(&[Answer::Status(500); 9]).await;
        let (gone, gone_url) = FakeReceiver::start(&[Answer::Status(410)]).await;
        let running = TestWorker::start(&database, &address).await;
        running.send("busy", &json!([webhook(&busy_url)])).await;
        running.send("gone", &json!([{ "type": "log" }, webhook(&gone_url)])).await;

        let status = running.finished("busy").await.status;
        assert_eq!((status.phase, status.reason), (Phase::Failed, Some(Reason::MaxRetriesExhausted)));
        assert_eq!(busy.received().len(), 3, "three attempts were asked for");
        let status = running.finished("gone").await.status;
        assert_eq!((status.phase, status.reason), (Phase::PartiallySent, None));
        assert_eq!(gone.received().len(), 1);
        assert_eq!(status.channels[1].state, DeliveryState::Failed);
        running.stop().await;
        insta::assert_snapshot!(event_lines(&trail).join("\n"), @r"
        notification.message.failed failure webhook 1x rr-gone
        notification.message.failed failure webhook 3x rr-busy
        notification.message.sent success log 1x rr-gone
        ");
    }
}

on_both_databases! {
    /// DataStorage refuses U+0000, so an event that repeated it would be lost.
    async fn control_characters_of_an_answer_reach_neither_status_nor_event(database: TestDatabase) {
        let (trail, address) = FakeTrail::start().await;
        let answers = [Answer::BadRequest("bad\0\x1b[2J\r\nline")];
        let (_receiver, url) = FakeReceiver::start(&answers).await;
        let running = TestWorker::start(&database, &address).await;
        running.send("a", &json!([webhook(&url)])).await;
        let status = running.finished("a").await.status;
        running.stop().await;

        let error = "the receiver answered 400 Bad Request: bad  [2J  line";
        assert_eq!(status.channels[0].attempts[0].error.as_deref(), Some(error));
        let events = trail.events();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["event_data"]["error"], error);
    }
}

on_both_databases! {
    async fn retry_after_of_a_receiver_is_respected(database: TestDatabase) {
        let (_trail, address) = FakeTrail::start().await;
        let (receiver, url) = FakeReceiver::start(&[Answer::RetryAfterASecond]).await;
        let running = TestWorker::start(&database, &address).await;
        running.send("a", &json!([webhook(&url)])).await;
        let status = running.finished("a").await.status;
        assert_eq!((status.phase, receiver.received().len()), (Phase::Sent, 2));
        let attempts = &status.channels[0].attempts;
        let wait = attempts[1].started_at - attempts[0].ended_at.expect("ended");
        assert!(wait >= Duration::from_secs(1), "only {wait}");
        running.stop().await;
    }
}
