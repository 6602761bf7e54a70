//! Requests that are committed together and decided separately.

use contract::datastorage::StoredReceipt;
use uuid::Uuid;

use testing::{TestDatabase, on_both_databases};

use super::fixture::{Answer, TrailFixture, event, rival};
use crate::audit::trail::{AppendError, AppendOutcome};

fn receipts(answer: Answer) -> Vec<StoredReceipt> {
    match answer.expect("taken over") {
        AppendOutcome::Stored(receipts) => receipts,
        AppendOutcome::Spooled => panic!("it was spooled"),
    }
}

on_both_databases! {
    async fn requests_that_wait_are_committed_together(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let mut trail = fixture.trail().await;
        let mut answers = Vec::new();
        for number in 0..50 {
            answers.push(trail.hand_over(&[event(number)]).await);
        }
        trail.run();

        let mut times = Vec::new();
        for answer in answers {
            times.push(receipts(answer.await.expect("no panic"))[0].recorded_at);
        }
        // One transaction has one time.
        times.dedup();
        assert_eq!(times.len(), 1, "{times:?}");
        let numbers: Vec<_> = fixture
            .stored()
            .await
            .into_iter()
            .map(|event| event.event.event_data["number"].clone())
            .collect();
        assert_eq!(numbers, (0..50).collect::<Vec<_>>());
        assert_eq!(trail.metric("datastorage_audit_events_stored_total"), 50);
    }
}

on_both_databases! {
    async fn a_request_that_is_refused_does_not_touch_the_others(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let old = event(0);
        fixture.store.record(std::slice::from_ref(&old)).await.expect("stored");
        let mut trail = fixture.trail().await;
        let (first, half, last) = (event(1), event(2), event(3));

        let good = trail.hand_over(std::slice::from_ref(&first)).await;
        let conflict = trail.hand_over(&[rival(&old)]).await;
        let orphan = trail.hand_over(&[half, event(4).with_parent(Uuid::nil())]).await;
        let also_good = trail.hand_over(std::slice::from_ref(&last)).await;
        trail.run();

        receipts(good.await.expect("no panic"));
        let refused = conflict.await.expect("no panic").expect_err("a conflict");
        assert!(
            matches!(&refused, AppendError::Rejected(rejection) if rejection.conflicting == [0]),
            "{refused}"
        );
        let refused = orphan.await.expect("no panic").expect_err("an orphan");
        assert!(
            matches!(&refused, AppendError::Rejected(rejection) if rejection.without_parent == [1]),
            "{refused}"
        );
        receipts(also_good.await.expect("no panic"));
        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [old, first, last]);
    }
}

on_both_databases! {
    async fn requests_of_a_group_are_decided_in_order(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let mut trail = fixture.trail().await;
        let (parent, other) = (event(0), event(1));
        let child = event(2).with_parent(parent.event_id);

        let too_early = trail.hand_over(std::slice::from_ref(&child)).await;
        let first = trail.hand_over(&[parent.clone(), other.clone()]).await;
        let again = trail.hand_over(std::slice::from_ref(&parent)).await;
        let conflict = trail.hand_over(&[rival(&other)]).await;
        let in_time = trail.hand_over(std::slice::from_ref(&child)).await;
        trail.run();

        let refused = too_early.await.expect("no panic").expect_err("no parent yet");
        assert!(
            matches!(&refused, AppendError::Rejected(rejection) if rejection.without_parent == [0]),
            "{refused}"
        );
        let first = receipts(first.await.expect("no panic"));
        assert_eq!(receipts(again.await.expect("no panic")), first[..1]);
        let refused = conflict.await.expect("no panic").expect_err("a conflict");
        assert!(
            matches!(&refused, AppendError::Rejected(rejection) if rejection.conflicting == [0]),
            "{refused}"
        );
        let in_time = receipts(in_time.await.expect("no panic"));
        assert_eq!(in_time[0].recorded_at, first[0].recorded_at, "in one transaction");
        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [parent, other, child]);
    }
}

on_both_databases! {
    async fn a_request_that_breaks_the_transaction_fails_alone(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        fixture.refuse("poison").await;
        let mut trail = fixture.trail().await;
        let (first, last) = (event(0), event(1));
        let poison = contract::datastorage::NewEvent { event_type: "poison".to_owned(), ..event(2) };

        let good = trail.hand_over(std::slice::from_ref(&first)).await;
        let bad = trail.hand_over(&[event(3), poison]).await;
        let also_good = trail.hand_over(std::slice::from_ref(&last)).await;
        trail.run();

        receipts(good.await.expect("no panic"));
        let broken = bad.await.expect("no panic").expect_err("broken");
        assert!(matches!(&broken, AppendError::Broken(_)), "{broken}");
        assert!(broken.to_string().contains("no such type"), "{broken}");
        receipts(also_good.await.expect("no panic"));
        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [first, last]);
    }
}

on_both_databases! {
    async fn a_closed_trail_answers_all_waiting_requests(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let mut trail = fixture.trail().await;
        let waiting = trail.hand_over(&[event(0)]).await;
        trail.run();
        trail.writer.close().await;
        receipts(waiting.await.expect("no panic"));
        let refused = trail.writer.append(vec![event(1)]).await.expect_err("closed");
        assert_eq!(refused.to_string(), "datastorage is stopping");
    }
}
