//! Events keep their order and content on their way through the spool.

use contract::datastorage::NewEvent;

use testing::{TestDatabase, on_both_databases};

use super::fixture::{TrailFixture, event};
use crate::audit::trail::AppendOutcome;

fn events(numbers: std::ops::Range<usize>) -> Vec<NewEvent> {
    numbers.map(event).collect()
}

on_both_databases! {
    async fn events_of_an_earlier_process_are_stored_with_their_time_of_acceptance(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let left = events(0..1200);
        let (batch, singles) = left.split_at(1000);
        let mut entries = vec![batch.to_vec()];
        entries.extend(singles.iter().map(|event| vec![event.clone()]));
        let accepted_at = fixture.leave(&entries).await;
        let mut trail = fixture.trail().await;
        assert_eq!(trail.metric("datastorage_spool_depth"), 1200);
        let age = trail.metric("datastorage_spool_age_seconds");
        assert!((3600..3700).contains(&age), "{age} s");
        trail.run();
        trail.drained().await;

        let stored = fixture.stored().await;
        assert!(stored.iter().all(|event| event.recorded_at == accepted_at));
        assert!(stored.into_iter().map(|event| event.event).eq(left));
        assert_eq!(trail.metric("datastorage_spool_replayed_total"), 1200);
        assert_eq!(trail.metric("datastorage_audit_events_stored_total"), 1200);
        let answer = trail.writer.append(vec![event(1200)]).await.expect("taken over");
        assert!(matches!(answer, AppendOutcome::Stored(_)), "{answer:?}");
    }
}

on_both_databases! {
    async fn a_crash_between_the_commit_and_the_removal_changes_nothing(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let left = [events(0..3), events(3..4)];
        fixture.leave(&left).await;
        let mut trail = fixture.trail().await;
        trail.run();
        trail.drained().await;
        trail.writer.close().await;
        let stored = fixture.stored().await;
        assert_eq!(stored.len(), 4);

        // Another time shows whether a stored event is changed.
        fixture.leave(&left).await;
        let mut trail = fixture.trail().await;
        assert_eq!(trail.metric("datastorage_spool_depth"), 4);
        trail.run();
        trail.drained().await;

        assert_eq!(fixture.stored().await, stored);
        assert_eq!(fixture.dead_letters().await, []);
        assert_eq!(trail.metric("datastorage_spool_replayed_total"), 4);
        assert_eq!(trail.metric("datastorage_audit_events_stored_total"), 0);
    }
}

on_both_databases! {
    async fn draining_keeps_the_order_and_ends_under_load(database: TestDatabase) {
        const CLIENTS: usize = 20;
        let fixture = TrailFixture::on(database).await;
        let left = events(0..3000);
        fixture.leave(&left.iter().map(|event| vec![event.clone()]).collect::<Vec<_>>()).await;
        let mut trail = fixture.trail().await;
        trail.run();

        // Each client appends until its events were spooled and then stored five
        // times.
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let writer = trail.writer.clone();
                tokio::spawn(async move {
                    let (mut sent, mut spooled, mut stored) = (Vec::new(), 0, 0);
                    while stored < 5 {
                        let event = event(client);
                        sent.push(event.clone());
                        match writer.append(vec![event]).await.expect("taken over") {
                            AppendOutcome::Spooled => {
                                assert_eq!(stored, 0, "back to the spool without a reason");
                                spooled += 1;
                            }
                            AppendOutcome::Stored(_) => stored += 1,
                        }
                    }
                    (sent, spooled)
                })
            })
            .collect();
        let mut spooled = 0;
        let mut by_client = Vec::new();
        for client in clients {
            let (sent, through_the_spool) = client.await.expect("no panic");
            spooled += through_the_spool;
            by_client.push(sent);
        }

        assert!(spooled >= CLIENTS, "every client met a spool that was not empty: {spooled}");
        let stored = fixture.stored().await;
        assert!(stored[..3000].iter().map(|event| &event.event).eq(&left), "the oldest come first");
        assert!(stored.is_sorted_by_key(|event| event.recorded_at), "in the order of acceptance");
        for (client, sent) in by_client.into_iter().enumerate() {
            let own = stored[3000..].iter().filter(|event| event.event.event_data["number"] == client);
            assert!(own.map(|event| &event.event).eq(&sent), "each client's in its order");
        }
    }
}

on_both_databases! {
    async fn draining_removes_events_faster_than_new_ones_arrive(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        fixture.leave(&events(0..1200).into_iter().map(|event| vec![event]).collect::<Vec<_>>()).await;
        // Two groups wait. After the first chunk of 500 there is room for one; the
        // second has to wait for more chunks, or it would find the spool full.
        let mut trail = fixture.trail_with_limit(1400).await;
        let mut answers = Vec::new();
        for number in 0..1000 {
            answers.push(trail.hand_over(&[event(number)]).await);
        }
        trail.run();

        for answer in answers {
            let answer = answer.await.expect("no panic");
            assert!(answer.is_ok(), "{answer:?}");
        }
        trail.drained().await;
        assert_eq!(trail.metric("datastorage_audit_events_stored_total"), 2200);
    }
}

on_both_databases! {
    async fn a_database_that_is_unavailable_from_the_start_gets_events_in_order(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let all = events(0..4);
        fixture.leave(&[all[..2].to_vec()]).await;
        let lock = fixture.database().begin_exclusive().await.expect("the write lock");
        let mut trail = fixture.trail().await;
        trail.run();
        let answer = trail.writer.append(all[2..3].to_vec()).await.expect("taken over");
        assert_eq!(answer, AppendOutcome::Spooled);
        // Closing does not wait for the database either.
        let waiting = {
            let (writer, event) = (trail.writer.clone(), all[3].clone());
            tokio::spawn(async move { writer.append(vec![event]).await })
        };
        assert_eq!(waiting.await.expect("no panic").expect("taken over"), AppendOutcome::Spooled);
        trail.writer.close().await;
        assert_eq!(fixture.stored().await.len(), 0);
        drop(trail);

        lock.rollback().await.expect("released");
        let mut trail = fixture.trail().await;
        assert_eq!(trail.metric("datastorage_spool_depth"), 4);
        trail.run();
        trail.drained().await;
        let stored = fixture.stored().await;
        assert!(stored.iter().map(|event| &event.event).eq(&all));
        assert!(stored.is_sorted_by_key(|event| event.recorded_at));
    }
}
