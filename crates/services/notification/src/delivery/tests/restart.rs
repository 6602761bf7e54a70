//! Restarts of the process, and deletions.

use super::*;

on_both_databases! {
    async fn a_restart_repeats_what_was_interrupted_and_nothing_that_was_confirmed(database: TestDatabase) {
        let (trail, address) = FakeTrail::start().await;
        let (good, good_url) = FakeReceiver::start(&[]).await;
        let (slow, slow_url) = FakeReceiver::start(&[Answer::Never]).await;
        // Its claims end soon after it.
        let lease = Duration::from_secs(2);
        let running = TestWorker::with(&database, &address, None, lease).await;
        let [mut first, mut second] = [webhook(&good_url), webhook(&slow_url)];
        first["name"] = json!("good");
        second["name"] = json!("slow");
        running.send("a", &json!([first, second])).await;
        eventually("first outcome", || async {
            let status = running.get("a").await.status;
            let good = status.channels[0].state == DeliveryState::Sent;
            if good && slow.received().len() == 1 { Ok(()) } else { Err(format!("{status:?}")) }
        })
        .await;

        running.kill().await;

        let running = TestWorker::start(&database, &address).await;
        let status = running.finished("a").await.status;
        assert_eq!(status.phase, Phase::Sent);
        assert_eq!((good.received().len(), slow.received().len()), (1, 2));
        let keys: Vec<_> =
            slow.received().iter().map(|(headers, _)| headers["idempotency-key"].clone()).collect();
        assert_eq!(keys[0], keys[1], "the receiver can tell that it is a repetition");
        running.stop().await;
        insta::assert_snapshot!(event_lines(&trail).join("\n"), @r"
        notification.message.sent success good 1x rr-a
        notification.message.sent success slow 2x rr-a
        ");
    }
}

on_both_databases! {
    async fn undelivered_audit_events_are_sent_at_the_next_start(database: TestDatabase) {
        let (trail, address) = FakeTrail::start().await;
        let running = TestWorker::start(&database, &nobody().await).await;
        running.send("a", &json!([{ "type": "log" }])).await;
        running.finished("a").await;
        running.kill().await;
        assert!(trail.events().is_empty());

        let running = TestWorker::start(&database, &address).await;
        running.stop().await;
        insta::assert_snapshot!(event_lines(&trail).join("\n"), @"notification.message.sent success log 1x rr-a");
    }
}

on_both_databases! {
    async fn no_attempt_follows_a_deletion(database: TestDatabase) {
        let (trail, address) = FakeTrail::start().await;
        let (receiver, url) = FakeReceiver::start(&[Answer::Status(503); 9]).await;
        let running = TestWorker::start(&database, &address).await;
        let mut request = spec("a", &json!([webhook(&url)]));
        request.retry.initial = Some(Duration::from_secs(3600));
        running.store.create(request, None, now()).await.expect("kept");
        running.wake.notify_one();
        eventually("first failure", || async {
            let phase = running.get("a").await.status;
            if phase.channels[0].next_attempt_at.is_some() && phase.phase == Phase::Retrying {
                Ok(())
            } else {
                Err(format!("{phase:?}"))
            }
        })
        .await;
        assert!(running.store.delete("a").await.expect("the database is there"));
        // The time of the retry has come.
        let mut transaction = running.store.database.begin().await.expect("begun");
        let passed = sqlx::query("UPDATE deliveries SET due_at = 0");
        passed.execute(&mut *transaction).await.expect("changed");
        transaction.commit().await.expect("committed");
        let claim = running.store.claim(1, LEASE, Expiry::Except(&[])).await.expect("the database is there");
        assert!(claim.jobs.is_empty(), "{:?}", claim.jobs);
        running.stop().await;
        assert_eq!(receiver.received().len(), 1);
        assert!(trail.events().is_empty(), "{:?}", trail.events());
    }
}
