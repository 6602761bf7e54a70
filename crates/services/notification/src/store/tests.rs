use std::time::Duration;

use contract::datastorage::{Category, Essentials, Outcome};
use serde_json::json;
use testing::{TestDatabase, on_both_databases};

use super::*;
use crate::delivery::now;
use crate::model::{DeliveryState, Reason};
use crate::testing::{DEADLINE, open, spec, store};

/// Longer than any test takes.
const LEASE: Duration = Duration::from_secs(60);

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
    claim_for(store, LEASE).await
}

async fn claim_for(store: &Store, lease: Duration) -> Vec<Job> {
    store.claim(10, lease, Expiry::Except(&[])).await.expect("the database is there").jobs
}

async fn get(store: &Store, name: &str) -> Notification {
    store.get(name).await.expect("the database is there").expect("there is one")
}

on_both_databases! {
    async fn a_claimed_delivery_is_not_claimed_again(database: TestDatabase) {
        let store = store(&database).await;
        store.create(two_channels("a"), None, now()).await.expect("kept");
        let jobs = claim(&store).await;
        let channels: Vec<_> = jobs.iter().map(|job| (job.channel.name(), job.number)).collect();
        assert_eq!(channels, [("log", 1), ("file", 1)]);
        assert!(claim(&store).await.is_empty());
        assert_eq!(get(&store, "a").await.status.phase, Phase::Sending);
    }
}

on_both_databases! {
    async fn what_routing_chose_is_kept_and_delivered_to(database: TestDatabase) {
        let store = store(&database).await;
        let request = Spec { channels: None, ..two_channels("a") };
        let receiver = Receiver {
            name: "desk".to_owned(),
            channels: two_channels("a").channels.expect("two channels"),
        };
        store.create(request.clone(), Some(receiver.clone()), now()).await.expect("kept");
        store.database.close().await;

        let store = open(&database);
        store.database.migrate(DEADLINE).await.expect("prepared again");
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
}

on_both_databases! {
    async fn urgent_notifications_are_taken_up_first(database: TestDatabase) {
        let store = store(&database).await;
        for priority in ["low", "medium", "critical", "high"] {
            let mut spec = spec(priority, &json!([{ "type": "log" }]));
            spec.priority = serde_json::from_value(json!(priority)).expect("a priority");
            store.create(spec, None, now()).await.expect("kept");
        }
        let first = store.claim(1, LEASE, Expiry::Except(&[])).await.expect("the database is there");
        assert_eq!(first.jobs[0].spec.name, "critical");
        assert_eq!(first.wait, Some(Duration::ZERO), "more is due");
        let names: Vec<_> = claim(&store).await.into_iter().map(|job| job.spec.name).collect();
        assert_eq!(names, ["high", "medium", "low"]);
    }
}

on_both_databases! {
    async fn the_phase_follows_every_outcome(database: TestDatabase) {
        let store = store(&database).await;
        store.create(two_channels("a"), None, now()).await.expect("kept");
        let [log, file] = claim(&store).await.try_into().expect("two channels");

        let later = now() + Duration::from_secs(60);
        store.finish(&file, &retry(&file, AttemptOutcome::Failure, later)).await.expect("kept");
        let retrying = get(&store, "a").await.status;
        assert_eq!(retrying.phase, Phase::Retrying);
        assert_eq!(retrying.channels[1].attempts[0].error.as_deref(), Some("busy"));
        assert_eq!(retrying.channels[1].attempts[0].http_status, Some(503));
        let claim = store.claim(10, LEASE, Expiry::Except(&[])).await.expect("the database is there");
        assert!(claim.jobs.is_empty(), "it is not due yet");
        let wait = claim.wait.expect("the other lease ends");
        assert!(LEASE / 2 < wait && wait <= LEASE, "{wait:?}");
        let planned = retrying.channels[1].next_attempt_at.expect("it is planned");
        assert!(planned > later - Duration::from_secs(5), "{planned}");

        store.finish(&log, &done(&log, AttemptOutcome::Success, false)).await.expect("kept");
        assert_eq!(get(&store, "a").await.status.phase, Phase::Retrying);

        // The minute has passed.
        let mut transaction = store.database.begin().await.expect("begun");
        let passed = sqlx::query("UPDATE deliveries SET due_at = 0 WHERE channel = 'file'");
        passed.execute(&mut *transaction).await.expect("changed");
        transaction.commit().await.expect("committed");
        let again = super::tests::claim(&store).await;
        let [again] = again.try_into().expect("one is due");
        assert_eq!((again.channel.name(), again.number, again.failed), ("file", 2, 1));
        store.finish(&again, &done(&again, AttemptOutcome::Failure, false)).await.expect("kept");
        let status = get(&store, "a").await.status;
        assert_eq!((status.phase, status.reason), (Phase::PartiallySent, None));
        assert!(status.completed_at.is_some());
        assert_eq!(store.outbox.waiting().await.expect("the database is there"), 2);
    }
}

on_both_databases! {
    async fn the_reason_tells_whether_trying_again_could_have_helped(database: TestDatabase) {
        let store = store(&database).await;
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
}

on_both_databases! {
    async fn a_start_takes_nothing_from_others_and_a_lease_that_ended_heals_a_crash(database: TestDatabase) {
        let store = store(&database).await;
        store.create(two_channels("a"), None, now()).await.expect("kept");
        let lease = Duration::ZERO;
        let jobs = claim_for(&store, lease).await;
        let [log, lost] = jobs.try_into().expect("two channels");
        store.finish(&log, &done(&log, AttemptOutcome::Success, false)).await.expect("kept");

        let other = open(&database);
        other.database.migrate(DEADLINE).await.expect("prepared again");
        let [again] = claim(&other).await.try_into().expect("one lease has ended");
        assert_eq!((again.channel.name(), again.number, again.failed), ("file", 2, 0));
        assert!(claim(&store).await.is_empty(), "this one has not");
        let file = &get(&store, "a").await.status.channels[1];
        assert_eq!(file.state, DeliveryState::Sending);
        assert_eq!(file.next_attempt_at, None);
        assert_eq!(file.attempts[0].outcome, Some(AttemptOutcome::Interrupted));
        assert_eq!(file.attempts[1].outcome, None);

        // Its process was only slow. The other attempt decides, and tells the trail.
        store.renew(&lost, Duration::ZERO).await.expect("no change");
        assert!(claim(&store).await.is_empty(), "the claim of the other one stays");
        store.finish(&lost, &done(&lost, AttemptOutcome::Failure, true)).await.expect("no change");
        assert_eq!(get(&store, "a").await.status.phase, Phase::Sending);
        assert_eq!(store.outbox.waiting().await.expect("the database is there"), 1);
        other.finish(&again, &done(&again, AttemptOutcome::Success, false)).await.expect("kept");
        assert_eq!(get(&store, "a").await.status.phase, Phase::Sent);
        assert_eq!(store.outbox.waiting().await.expect("the database is there"), 2);
    }
}

on_both_databases! {
    async fn a_lease_that_is_renewed_does_not_end(database: TestDatabase) {
        let store = store(&database).await;
        store.create(two_channels("a"), None, now()).await.expect("kept");
        let jobs = claim_for(&store, Duration::ZERO).await;
        store.renew(&jobs[0], LEASE).await.expect("renewed");
        let [other] = claim(&store).await.try_into().expect("one lease has ended");
        assert_eq!(other.channel.name, jobs[1].channel.name);
    }
}

on_both_databases! {
    async fn what_is_held_here_is_not_claimed_again_after_its_lease(database: TestDatabase) {
        let store = store(&database).await;
        store.create(two_channels("a"), None, now()).await.expect("kept");
        let jobs = claim_for(&store, Duration::ZERO).await;
        let held: Vec<_> = jobs.iter().map(|job| job.owner).collect();
        let none = store.claim(10, LEASE, Expiry::Except(&held)).await.expect("the database is there");
        assert!(none.jobs.is_empty(), "{:?}", none.jobs);
        assert_eq!(none.wait, None, "nothing else is to be waited for");
        let one = store.claim(10, LEASE, Expiry::Except(&held[..1])).await.expect("the database is there");
        assert_eq!(one.jobs.len(), 1);
        assert_eq!(one.jobs[0].channel, jobs[1].channel);
    }
}

on_both_databases! {
    async fn after_an_outage_only_what_nobody_has_claimed_is_taken(database: TestDatabase) {
        let store = store(&database).await;
        store.create(two_channels("a"), None, now()).await.expect("kept");
        store.claim(1, Duration::ZERO, Expiry::Except(&[])).await.expect("the database is there");
        let free = store.claim(10, LEASE, Expiry::Suspended).await.expect("the database is there");
        assert_eq!((free.jobs.len(), free.wait), (1, None));
        let [ended] = claim(&store).await.try_into().expect("one lease has ended");
        assert_ne!(ended.channel, free.jobs[0].channel);
    }
}

on_both_databases! {
    async fn two_processes_claim_and_finish_everything_once(database: TestDatabase) {
        let store = store(&database).await;
        for number in 0..20 {
            store.create(two_channels(&format!("n-{number}")), None, now()).await.expect("kept");
        }
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let store = open(&database);
                tokio::spawn(async move {
                    let mut claimed = 0;
                    loop {
                        let jobs = match store.claim(3, LEASE, Expiry::Except(&[])).await {
                            Ok(claim) => claim.jobs,
                            Err(StoreError::Unavailable(_)) => continue,
                            Err(error) => panic!("{error}"),
                        };
                        if jobs.is_empty() {
                            return claimed;
                        }
                        claimed += jobs.len();
                        let ended = jobs.iter().map(|job| async {
                            let finish = done(job, AttemptOutcome::Success, false);
                            store.finish(job, &finish).await.expect("kept");
                        });
                        futures_util::future::join_all(ended).await;
                    }
                })
            })
            .collect();
        let mut claimed = 0;
        for worker in workers {
            claimed += worker.await.expect("no panic");
        }
        assert_eq!(claimed, 40);
        assert_eq!(store.outbox.waiting().await.expect("the database is there"), 40);
        let filter = Filter { phase: Some(Phase::Sent), limit: 100, ..Filter::default() };
        let (sent, total) = store.list(&filter).await.expect("the database is there");
        assert_eq!((sent.len(), total), (20, 20));
        for notification in sent {
            for channel in notification.status.channels {
                assert_eq!(channel.attempts.len(), 1, "{channel:?}");
            }
        }
    }
}

on_both_databases! {
    async fn a_zero_character_in_an_answer_does_not_stop_the_outcome(database: TestDatabase) {
        let store = store(&database).await;
        store.create(two_channels("a"), None, now()).await.expect("kept");
        let jobs = claim(&store).await;
        let mut finish = done(&jobs[0], AttemptOutcome::Failure, true);
        finish.attempt.error = Some("400 bad\0".to_owned());
        store.finish(&jobs[0], &finish).await.expect("kept");
        let error = get(&store, "a").await.status.channels[0].attempts[0].error.clone();
        assert_eq!(error.as_deref(), Some("400 bad\u{fffd}"));
        let filter = Filter { correlation_id: Some("rr-a\0".to_owned()), limit: 1, ..Filter::default() };
        assert_eq!(store.list(&filter).await.expect("an answer").1, 0);
    }
}

on_both_databases! {
    async fn a_deleted_notification_leaves_only_the_event_of_what_was_sent(database: TestDatabase) {
        let store = store(&database).await;
        store.create(two_channels("a"), None, now()).await.expect("kept");
        let jobs = claim(&store).await;
        assert!(store.delete("a").await.expect("the database is there"));
        store.finish(&jobs[0], &done(&jobs[0], AttemptOutcome::Success, false)).await.expect("kept");
        store.finish(&jobs[1], &retry(&jobs[1], AttemptOutcome::Failure, now())).await.expect("kept");

        assert!(claim(&store).await.is_empty());
        assert_eq!(store.outbox.waiting().await.expect("the database is there"), 1);
    }
}
