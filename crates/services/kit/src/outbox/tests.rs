//! What the outbox sends, keeps and gives up.

use std::time::Duration;

use contract::datastorage::{Category, Essentials, Outcome};
use serde_json::{Value, json};
use testing::{FakePeer, TestDatabase, on_both_databases};
use tokio::net::TcpListener;

use super::*;
use crate::database::DatabaseConfig;

const TIMEOUT: Duration = Duration::from_secs(20);

fn event(data: Value) -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "notification.message.sent",
        category: Category::Notification,
        action: "sent",
        outcome: Outcome::Success,
        correlation_id: "rr-1",
        data,
    })
}

fn service() -> Service {
    Service::for_tests(crate::package!())
}

async fn outbox(database: &TestDatabase) -> Outbox {
    let url = database.url().parse().expect("a URL");
    let database = Database::new(DatabaseConfig::new(url), &[MIGRATIONS]);
    database.migrate(TIMEOUT).await.expect("migrated");
    Outbox::new(database, Duration::from_millis(200))
}

async fn numbered(outbox: &Outbox, count: usize) -> Vec<NewEvent> {
    let events: Vec<_> = (0..count).map(|number| event(json!(number))).collect();
    outbox.tell(&events).await.expect("stored");
    events
}

/// Runs the task until the outbox is empty, then ends it.
async fn send_all(outbox: &Outbox, server: &FakePeer) {
    send_all_of(&service(), outbox, server).await;
}

async fn send_all_of(service: &Service, outbox: &Outbox, server: &FakePeer) {
    let peer = Peer::new("datastorage", &server.url).expect("an address");
    let stop = CancellationToken::new();
    let task = tokio::spawn(outbox.clone().run(service.clone(), peer, stop.clone()));
    let empty = async {
        while outbox.waiting().await.expect("counted") > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, empty).await.expect("it gets empty");
    stop.cancel();
    task.await.expect("no panic").expect("it ends well");
}

/// The data of the events of each call.
fn sent(server: &FakePeer) -> Vec<Vec<Value>> {
    let data = |call: &testing::peer::Call| {
        let events = call.body.as_array().expect("a batch").clone();
        events.into_iter().map(|event| event["event_data"].clone()).collect()
    };
    server.calls().iter().map(data).collect()
}

async fn refused(outbox: &Outbox) -> Vec<(String, String)> {
    let mut snapshot = outbox.database.snapshot().await.expect("a snapshot");
    rows::refused(&mut snapshot).await.expect("read")
}

on_both_databases! {
    async fn more_than_a_batch_goes_out_oldest_first(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        numbered(&outbox, 1200).await;
        send_all(&outbox, &server).await;
        let batches = sent(&server);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500, 200]);
        assert_eq!(batches.concat(), (0..1200).map(|number| json!(number)).collect::<Vec<_>>());
        assert!(refused(&outbox).await.is_empty());
    }

    async fn a_batch_stays_below_the_limit_of_a_body(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        let events: Vec<_> = (0..40).map(|_| event(json!("x".repeat(60_000)))).collect();
        outbox.tell(&events).await.expect("stored");
        send_all(&outbox, &server).await;
        let calls = server.calls();
        assert_eq!(calls.len(), 3, "16 of them fit");
        assert!(calls.iter().all(|call| call.bytes < 1024 * 1024));
    }

    async fn one_that_is_larger_than_a_batch_is_sent_alone(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        server.will_answer(413, json!({}));
        let events = [event(json!("x".repeat(1_000_001))), event(json!(1))];
        outbox.tell(&events).await.expect("stored");
        send_all(&outbox, &server).await;
        assert_eq!(sent(&server)[1..], [[json!(1)]]);
        assert_eq!(refused(&outbox).await.len(), 1);
    }

    async fn one_that_is_refused_stops_nobody_else(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        server.will_answer(400, json!({ "errors": [
            { "field": "[1].event_data", "message": "has a NUL" },
            { "field": "[1].severity", "message": "is unknown: \0" },
        ]}));
        let events = numbered(&outbox, 3).await;
        let service = service();
        send_all_of(&service, &outbox, &server).await;
        let numbers = |numbers: &[u8]| numbers.iter().map(|number| json!(number)).collect();
        let batches: Vec<Vec<Value>> = vec![numbers(&[0, 1, 2]), numbers(&[0, 2])];
        assert_eq!(sent(&server), batches);
        // PostgreSQL stores no NUL.
        let reason = "[1].event_data: has a NUL; [1].severity: is unknown: \u{fffd}".to_owned();
        assert_eq!(refused(&outbox).await, [(events[1].event_id.to_string(), reason)]);
        let metrics = service.metrics.text().expect("text");
        assert!(metrics.contains("\naudit_events_refused_total 1\n"), "{metrics}");
    }

    async fn a_refusal_that_names_no_event_finds_it(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        // Of four, the second is the one: 0 1 2 3, then 0 1, then 0, then 1 2 3,
        // then 1.
        server.will_answer(413, json!({}));
        server.will_answer(413, json!({}));
        server.will_answer(201, json!({ "event_ids": [] }));
        server.will_answer(413, json!({}));
        server.will_answer(413, json!({}));
        let events = numbered(&outbox, 4).await;
        send_all(&outbox, &server).await;
        let numbers = |numbers: &[u8]| numbers.iter().map(|number| json!(number)).collect();
        let batches = [&[0, 1, 2, 3][..], &[0, 1], &[0], &[1, 2, 3], &[1], &[2], &[3]];
        let batches: Vec<Vec<Value>> = batches.map(numbers).into();
        assert_eq!(sent(&server), batches);
        let [(id, reason)] = &refused(&outbox).await[..] else { panic!("one is refused") };
        assert_eq!(*id, events[1].event_id.to_string());
        assert!(reason.contains("with 413"), "{reason}");
    }

    async fn what_may_pass_is_sent_again_with_the_same_ids(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        for status in [503, 429, 408] {
            server.will_answer(status, json!({}));
        }
        numbered(&outbox, 2).await;
        send_all(&outbox, &server).await;
        let calls = server.calls();
        assert_eq!(calls.len(), 4);
        assert!(calls.iter().all(|call| call.body == calls[0].body));
        assert!(refused(&outbox).await.is_empty());
    }

    /// A proxy answers, or another service has the address: that says nothing of the events.
    async fn an_answer_of_somebody_else_refuses_no_event(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        for status in [302, 401, 403, 404] {
            server.will_answer(status, json!({}));
        }
        numbered(&outbox, 2).await;
        send_all(&outbox, &server).await;
        assert_eq!(server.calls().len(), 5);
        assert!(refused(&outbox).await.is_empty());
    }

    async fn datastorage_is_left_alone_for_as_long_as_it_says(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        server.will_answer_with(429, &[("retry-after", "1")], json!({}));
        numbered(&outbox, 1).await;
        send_all(&outbox, &server).await;
        let calls = server.calls();
        let waited = calls[1].at - calls[0].at;
        assert!(waited >= Duration::from_secs(1), "{waited:?}");
    }

    async fn what_is_in_the_spool_is_not_sent_again(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        let events = [event(json!(0)), event(json!(1))];
        let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
        server.will_answer(202, json!({ "event_ids": ids, "status": "spooled" }));
        outbox.tell(&events).await.expect("stored");
        send_all(&outbox, &server).await;
        assert_eq!(sent(&server), [[json!(0), json!(1)]]);
        assert!(refused(&outbox).await.is_empty());
    }

    async fn what_was_rolled_back_is_not_told(database: TestDatabase) {
        let outbox = outbox(&database).await;
        let mut transaction = outbox.database.begin().await.expect("a transaction");
        outbox.add(&mut transaction, &[event(json!(1))]).await.expect("added");
        transaction.rollback().await.expect("rolled back");
        assert_eq!(outbox.waiting().await.expect("counted"), 0);
    }

    async fn a_stop_sends_what_it_can_and_keeps_the_rest(database: TestDatabase) {
        let (outbox, server) = (outbox(&database).await, FakePeer::start().await);
        let stop = CancellationToken::new();
        stop.cancel();
        numbered(&outbox, 2).await;
        let peer = || Peer::new("datastorage", &server.url).expect("an address");
        server.will_answer(503, json!({}));
        outbox.clone().run(service(), peer(), stop.clone()).await.expect("it ends well");
        assert_eq!(outbox.waiting().await.expect("counted"), 2, "nobody could take them");
        outbox.clone().run(service(), peer(), stop).await.expect("it ends well");
        assert_eq!(outbox.waiting().await.expect("counted"), 0, "the next start sends them");
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_datastorage_that_is_silent() {
    let turn_timeout = Duration::from_secs(3);
    let database = TestDatabase::sqlite();
    let config = DatabaseConfig::new(database.url().parse().expect("a URL"));
    let store = Database::new(DatabaseConfig { turn_timeout, ..config }, &[MIGRATIONS]);
    store.migrate(TIMEOUT).await.expect("migrated");
    let outbox = Outbox::new(store, Duration::ZERO);
    numbered(&outbox, 1).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let peer = Peer::new("datastorage", &url).expect("an address");
    let stop = CancellationToken::new();
    stop.cancel();
    let task = tokio::spawn(outbox.clone().run(service(), peer, stop));
    let _call = silent.accept().await.expect("a call");
    // From here on every wait is as long as its timeout: that of the stop, and that for
    // the database, which is asked for what is left.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    task.await.expect("no panic").expect("it ends well");
    let took = start.elapsed();
    assert!(took <= Duration::from_secs(5) + turn_timeout, "{took:?}");
    tokio::time::resume();
    assert_eq!(outbox.waiting().await.expect("counted"), 1, "the next start sends it");
}
