//! Events that the database refuses after they were acknowledged.

use contract::datastorage::NewEvent;
use uuid::Uuid;

use testing::{TestDatabase, on_both_databases};

use super::fixture::{TrailFixture, event, rival};

on_both_databases! {
    async fn a_refused_event_becomes_a_dead_letter_and_all_others_are_stored(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let old = event(0);
        fixture.store.record(std::slice::from_ref(&old)).await.expect("stored");
        let (first, in_batch, last) = (event(1), event(2), event(3));
        let orphan = event(4).with_parent(Uuid::nil());
        let child_of_orphan = event(5).with_parent(orphan.event_id);
        let child = event(6).with_parent(in_batch.event_id);
        let accepted_at = fixture.leave(&[
            vec![first.clone()],
            vec![orphan.clone()],
            vec![rival(&old), in_batch.clone(), child_of_orphan.clone()],
            vec![child.clone()],
            vec![last.clone()],
        ]).await;
        let mut trail = fixture.trail().await;
        trail.run();
        trail.drained().await;

        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [old.clone(), first, in_batch, child, last]);
        let no_parent = "its parent is not in the trail";
        let taken_id = "its id belongs to another event, with other content";
        let letter = |event: &NewEvent, reason: &str| (accepted_at, json(event), reason.to_owned());
        assert_eq!(
            fixture.dead_letters().await,
            [
                letter(&orphan, no_parent),
                letter(&rival(&old), taken_id),
                letter(&child_of_orphan, no_parent),
            ]
        );
        assert_eq!(trail.metric("datastorage_spool_rejected_total"), 3);
        assert_eq!(trail.metric("datastorage_spool_replayed_total"), 4);
    }
}

on_both_databases! {
    async fn an_event_that_breaks_a_rule_of_the_schema_does_not_block_the_queue(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        fixture.refuse("poison").await;
        let (first, last) = (event(0), event(1));
        let poison = NewEvent { event_type: "poison".to_owned(), ..event(2) };
        fixture.leave(&[vec![first.clone(), poison.clone()], vec![last.clone()]]).await;
        let mut trail = fixture.trail().await;
        trail.run();
        trail.drained().await;

        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [first, last]);
        let letters = fixture.dead_letters().await;
        assert_eq!(letters.len(), 1, "{letters:#?}");
        let (_, event, reason) = &letters[0];
        assert_eq!(*event, json(&poison));
        assert!(reason.contains("no such type"), "{reason}");
    }
}

on_both_databases! {
    async fn an_event_that_cannot_be_read_becomes_a_dead_letter(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let (first, last) = (event(0), event(1));
        let accepted_at = fixture.leave(&[vec![first], vec![last.clone()]]).await;
        sqlx::query("UPDATE waiting_events SET event = '{\"version\":' WHERE position = 1")
            .execute(&mut fixture.open_spool().await)
            .await
            .expect("changed");
        let mut trail = fixture.trail().await;
        trail.run();
        trail.drained().await;

        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [last]);
        let reason = "it cannot be read: EOF while parsing a value at line 1 column 11";
        let letter = (accepted_at, "{\"version\":".to_owned(), reason.to_owned());
        assert_eq!(fixture.dead_letters().await, [letter]);
        assert_eq!(trail.metric("datastorage_spool_rejected_total"), 1);
    }
}

on_both_databases! {
    async fn an_event_stays_in_the_spool_while_dead_letters_cannot_be_written(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        fixture.leave(&[vec![event(0).with_parent(Uuid::nil())]]).await;
        let mut spool = fixture.open_spool().await;
        let rename = sqlx::raw_sql("ALTER TABLE dead_letters RENAME TO other");
        rename.execute(&mut spool).await.expect("renamed");
        let mut trail = fixture.trail().await;
        trail.run();
        let answer = trail.writer.append(vec![event(1)]).await.expect("taken over");
        assert_eq!(answer, crate::audit::trail::AppendOutcome::Spooled);
        assert_eq!(trail.metric("datastorage_spool_depth"), 2);
        assert_eq!(trail.metric("datastorage_spool_rejected_total"), 0);

        let rename = sqlx::raw_sql("ALTER TABLE other RENAME TO dead_letters");
        rename.execute(&mut spool).await.expect("renamed");
        trail.drained().await;
        assert_eq!(fixture.dead_letters().await.len(), 1);
        assert_eq!(fixture.stored().await.len(), 1);
    }
}

fn json(event: &NewEvent) -> String {
    serde_json::to_string(event).expect("serializable")
}
