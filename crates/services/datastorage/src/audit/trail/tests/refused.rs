//! Events that the database refuses after they were acknowledged.

use contract::datastorage::NewEvent;
use serde_json::json;
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
        let taken_at = fixture.leave(&[
            vec![first.clone()],
            vec![orphan.clone()],
            vec![rival(&old), in_batch.clone(), child_of_orphan.clone()],
            vec![child.clone()],
            vec![last.clone()],
        ]);
        let mut trail = fixture.trail();
        trail.run();
        trail.drained().await;

        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [old.clone(), first, in_batch, child, last]);
        let no_parent = "its parent is not in the trail";
        let taken_id = "its id belongs to another event, with other content";
        let letters = fixture.dead_letters();
        let found: Vec<_> =
            letters.iter().map(|letter| (&letter["event"], &letter["reason"])).collect();
        let json = |event: &NewEvent| serde_json::to_value(event).expect("serializable");
        assert_eq!(
            found,
            [
                (&json(&orphan), &json!(no_parent)),
                (&json(&rival(&old)), &json!(taken_id)),
                (&json(&child_of_orphan), &json!(no_parent)),
            ]
        );
        let at = taken_at.format(&time::format_description::well_known::Rfc3339).expect("a time");
        assert!(letters.iter().all(|letter| letter["taken_at"] == at), "{letters:#?}");
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
        fixture.leave(&[vec![first.clone(), poison.clone()], vec![last.clone()]]);
        let mut trail = fixture.trail();
        trail.run();
        trail.drained().await;

        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [first, last]);
        let letters = fixture.dead_letters();
        assert_eq!(letters.len(), 1, "{letters:#?}");
        assert_eq!(letters[0]["event"]["event_id"], json!(poison.event_id));
        let reason = letters[0]["reason"].as_str().expect("a reason");
        assert!(reason.contains("no such type"), "{reason}");
    }
}

on_both_databases! {
    async fn a_damaged_line_becomes_a_dead_letter(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        let (first, last) = (event(0), event(1));
        fixture.leave(&[vec![first], vec![last.clone()]]);
        let segment = fixture.spool_folder().join("00000000000000000000.spool");
        let text = std::fs::read_to_string(&segment).expect("text");
        std::fs::write(&segment, text.replacen("received", "deceived", 1)).expect("written");
        let mut trail = fixture.trail();
        trail.run();
        trail.drained().await;

        let stored: Vec<_> = fixture.stored().await.into_iter().map(|event| event.event).collect();
        assert_eq!(stored, [last]);
        let letters = fixture.dead_letters();
        assert_eq!(letters.len(), 1, "{letters:#?}");
        assert!(letters[0]["line"].as_str().expect("a line").contains("deceived"), "{letters:#?}");
        assert_eq!(trail.metric("datastorage_spool_rejected_total"), 1);
    }
}

on_both_databases! {
    async fn an_event_stays_in_the_spool_while_dead_letters_cannot_be_written(database: TestDatabase) {
        let fixture = TrailFixture::on(database).await;
        fixture.leave(&[vec![event(0).with_parent(Uuid::nil())]]);
        // A folder in the place of the file: dead letters cannot be written.
        let path = fixture.spool_folder().join("dead-letters.jsonl");
        std::fs::create_dir(&path).expect("made");
        let mut trail = fixture.trail();
        trail.run();
        let answer = trail.writer.append(vec![event(1)]).await.expect("taken over");
        assert_eq!(answer, crate::audit::trail::AppendOutcome::Spooled);
        assert_eq!(trail.metric("datastorage_spool_depth"), 2);
        assert_eq!(trail.metric("datastorage_spool_rejected_total"), 0);

        std::fs::remove_dir(&path).expect("removed");
        trail.drained().await;
        assert_eq!(fixture.dead_letters().len(), 1);
        assert_eq!(fixture.stored().await.len(), 1);
    }
}
