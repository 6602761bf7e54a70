use std::time::Duration;

use contract::datastorage::{Category, Essentials, Outcome};
use serde_json::json;

use super::*;
use crate::delivery::now;
use crate::model::{DeliveryState, Reason};
use crate::testing::{open, spec, store};

fn two_channels(name: &str) -> Spec {
    spec(name, &json!([{ "type": "log" }, { "type": "file" }]))
}

fn done(job: &Job, outcome: AttemptOutcome, permanent: bool) -> FinishedAttempt {
    let event = NewEvent::new(Essentials {
        event_type: "notification.message.sent",
        category: Category::Notification,
        action: "sent",
        outcome: Outcome::Success,
        correlation_id: &job.spec.correlation_id,
        data: json!({}),
    });
    FinishedAttempt {
        next: NextStep::Done { permanent, event: Box::new(event) },
        ..retry(job, outcome, now())
    }
}

fn retry(job: &Job, outcome: AttemptOutcome, at: OffsetDateTime) -> FinishedAttempt {
    let attempt = Attempt {
        number: job.number,
        started_at: job.started_at,
        ended_at: Some(now()),
        outcome: Some(outcome),
        http_status: Some(503),
        error: Some("busy".into()),
        receipt: None,
    };
    FinishedAttempt { attempt, next: NextStep::Retry(at) }
}

async fn claim(store: &Store) -> Vec<Job> {
    store.claim(10, now()).await.expect("the database is there").jobs
}

async fn get(store: &Store, name: &str) -> Notification {
    store.get(name).await.expect("the database is there").expect("there is one")
}

#[tokio::test]
async fn a_claimed_delivery_is_not_claimed_again() {
    let (store, _folder) = store().await;
    store.create(two_channels("a"), None, now()).await.expect("kept");
    let jobs = claim(&store).await;
    let channels: Vec<_> = jobs.iter().map(|job| (job.channel.name(), job.number)).collect();
    assert_eq!(channels, [("log", 1), ("file", 1)]);
    assert!(claim(&store).await.is_empty());
    assert_eq!(get(&store, "a").await.status.phase, Phase::Sending);
}

#[tokio::test]
async fn what_routing_chose_is_kept_and_delivered_to() {
    let (store, folder) = store().await;
    let request = Spec { channels: None, ..two_channels("a") };
    let receiver = Receiver {
        name: "desk".to_owned(),
        channels: two_channels("a").channels.expect("two channels"),
    };
    store.create(request.clone(), Some(receiver.clone()), now()).await.expect("kept");
    store.database.close().await;

    let store = open(&folder);
    store.prepare(now()).await.expect("prepared again");
    let notification = get(&store, "a").await;
    assert_eq!((&notification.spec, &notification.receiver), (&request, &Some(receiver.clone())));
    let channels: Vec<_> = claim(&store).await.into_iter().map(|job| job.channel).collect();
    assert_eq!(channels, receiver.channels);

    // The routing has changed; the request is the same.
    let other = Receiver { name: "console".to_owned(), channels: Vec::new() };
    let again = store.create(request, Some(other), now()).await.expect("there");
    let CreateOutcome::Same(again) = again else { panic!("not the same: {again:?}") };
    assert_eq!(again.receiver, Some(receiver));
}

#[tokio::test]
async fn urgent_notifications_are_taken_up_first() {
    let (store, _folder) = store().await;
    for priority in ["low", "medium", "critical", "high"] {
        let mut spec = spec(priority, &json!([{ "type": "log" }]));
        spec.priority = serde_json::from_value(json!(priority)).expect("a priority");
        store.create(spec, None, now()).await.expect("kept");
    }
    let first = store.claim(1, now()).await.expect("the database is there");
    assert_eq!(first.jobs[0].spec.name, "critical");
    assert!(first.next_due.expect("more is due") <= now());
    let names: Vec<_> = claim(&store).await.into_iter().map(|job| job.spec.name).collect();
    assert_eq!(names, ["high", "medium", "low"]);
}

#[tokio::test]
async fn the_phase_follows_every_outcome() {
    let (store, _folder) = store().await;
    store.create(two_channels("a"), None, now()).await.expect("kept");
    let [log, file] = claim(&store).await.try_into().expect("two channels");

    let later = now() + Duration::from_secs(60);
    store.finish(&file, &retry(&file, AttemptOutcome::Failure, later)).await.expect("kept");
    let retrying = get(&store, "a").await.status;
    assert_eq!(retrying.phase, Phase::Retrying);
    assert_eq!(retrying.channels[1].attempts[0].error.as_deref(), Some("busy"));
    assert_eq!(retrying.channels[1].attempts[0].http_status, Some(503));
    let claim = store.claim(10, now()).await.expect("the database is there");
    assert!(claim.jobs.is_empty(), "it is not due yet");
    assert_eq!(claim.next_due.map(rows::micros), Some(rows::micros(later)));

    store.finish(&log, &done(&log, AttemptOutcome::Success, false)).await.expect("kept");
    assert_eq!(get(&store, "a").await.status.phase, Phase::Retrying);

    let again = store.claim(10, later).await.expect("the database is there").jobs;
    let [again] = again.try_into().expect("one is due");
    assert_eq!((again.channel.name(), again.number, again.failed), ("file", 2, 1));
    store.finish(&again, &done(&again, AttemptOutcome::Failure, false)).await.expect("kept");
    let status = get(&store, "a").await.status;
    assert_eq!((status.phase, status.reason), (Phase::PartiallySent, None));
    assert!(status.completed_at.is_some());
    assert_eq!(store.unconfirmed().await.expect("the database is there").len(), 2);
}

#[tokio::test]
async fn the_reason_tells_whether_trying_again_could_have_helped() {
    let (store, _folder) = store().await;
    for (name, permanent, reason) in [
        ("a", [true, true], Reason::AllDeliveriesFailed),
        ("b", [true, false], Reason::MaxRetriesExhausted),
    ] {
        store.create(two_channels(name), None, now()).await.expect("kept");
        for (job, permanent) in claim(&store).await.iter().zip(permanent) {
            let finish = done(job, AttemptOutcome::Failure, permanent);
            store.finish(job, &finish).await.expect("kept");
        }
        let status = get(&store, name).await.status;
        assert_eq!((status.phase, status.reason), (Phase::Failed, Some(reason)));
    }
}

#[tokio::test]
async fn a_start_makes_interrupted_attempts_due_and_leaves_the_rest() {
    let (store, folder) = store().await;
    store.create(two_channels("a"), None, now()).await.expect("kept");
    let [log, _file] = claim(&store).await.try_into().expect("two channels");
    store.finish(&log, &done(&log, AttemptOutcome::Success, false)).await.expect("kept");
    store.database.close().await;

    let store = open(&folder);
    store.prepare(now()).await.expect("prepared again");
    let [again] = claim(&store).await.try_into().expect("one was interrupted");
    assert_eq!((again.channel.name(), again.number, again.failed), ("file", 2, 0));
    let file = &get(&store, "a").await.status.channels[1];
    assert_eq!(file.state, DeliveryState::Sending);
    assert_eq!(file.attempts[0].outcome, Some(AttemptOutcome::Interrupted));
    assert_eq!(file.attempts[1].outcome, None);
}

#[tokio::test]
async fn a_deleted_notification_leaves_only_the_event_of_what_was_sent() {
    let (store, _folder) = store().await;
    store.create(two_channels("a"), None, now()).await.expect("kept");
    let jobs = claim(&store).await;
    assert!(store.delete("a").await.expect("the database is there"));
    store.finish(&jobs[0], &done(&jobs[0], AttemptOutcome::Success, false)).await.expect("kept");
    store.finish(&jobs[1], &retry(&jobs[1], AttemptOutcome::Failure, now())).await.expect("kept");

    assert!(claim(&store).await.is_empty());
    let events = store.unconfirmed().await.expect("the database is there");
    assert_eq!(events.len(), 1);
    store.confirm(&[events[0].event_id]).await.expect("kept");
    assert!(store.unconfirmed().await.expect("the database is there").is_empty());
}
