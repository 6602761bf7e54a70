//! Whose turn a step is, and when.

use std::time::Duration;

use testing::{TestDatabase, on_both_databases};

use super::super::Row;
use super::super::queue::Outcome;
use super::fixture::{Process, Script, WishPhase, Wishes, claim, resources, wish};
use crate::database::column::moment;
use crate::database::{Database, DatabaseConfig, StoreError};
use crate::problem::ProblemKind;
use crate::work::{Expiry, Queue as _};

on_both_databases! {
    async fn two_processes_do_each_step_once(database: TestDatabase) {
        let script = Script::default();
        let lease = Duration::from_secs(60);
        let one = Process::with(&database, script.clone(), lease).await;
        let other = Process::with(&database, script.clone(), lease).await;
        for number in 0..20 {
            let process = if number % 2 == 0 { &one } else { &other };
            process.wish(&format!("w{number}"), &["go", "go"]).await;
        }
        for number in 0..20 {
            one.granted(&format!("w{number}")).await;
        }
        assert_eq!(script.begun().len(), 60);
        assert_eq!(one.told().await.len(), 20 * 4);
    }

    async fn what_a_killed_process_had_claimed_is_done_when_its_lease_ends(database: TestDatabase) {
        let lease = Duration::from_millis(600);
        let killed = Process::with(&database, Script::default(), lease).await;
        killed.wish("a", &["hang"]).await;
        killed.until_begun("a hang").await;
        killed.kill().await;
        let other = Process::with(&database, Script::default(), lease).await;
        other.until_begun("a hang").await;
        // It lasts longer than its lease, which is renewed, so a third one waits.
        let third = Process::with(&database, Script::default(), lease).await;
        let start = std::time::Instant::now();
        while start.elapsed() < lease * 3 {
            assert_eq!(other.script.begun(), ["a hang"]);
            assert_eq!(third.script.begun(), [""; 0]);
            tokio::task::yield_now().await;
        }
        other.script.go_on.notify_one();
        assert!(other.granted("a").await.status.repeated, "it may have had an effect before");
        third.stop().await;
        other.wish("b", &["hang"]).await;
        other.until_begun("b hang").await;
        other.script.go_on.notify_one();
        assert!(!other.granted("b").await.status.repeated);
    }

    async fn who_has_lost_a_claim_changes_nothing(database: TestDatabase) {
        let process = Process::start(&database).await;
        let resources = process.resources.clone();
        process.stop().await;
        resources.create(wish("a", &["go"])).await.expect("stored");
        let lost = claim(&resources, Duration::ZERO).await.remove(0);
        let held = claim(&resources, Duration::from_secs(60)).await.remove(0);
        let refused = Outcome::Step(lost.to(WishPhase::Refused));
        for outcome in [Outcome::Failed, Outcome::Removed, refused] {
            resources.finish(&lost, &outcome).await.expect("nothing is done");
        }
        assert!(claim(&resources, Duration::ZERO).await.is_empty(), "the other one has it still");
        let granted = Outcome::Step(held.to(WishPhase::Granted));
        resources.finish(&held, &granted).await.expect("stored");
        let row = resources.get("a").await.expect("read").expect("there");
        assert_eq!(row.phase, WishPhase::Granted);
        resources.renew(&lost, Duration::ZERO).await.expect("nothing is done");
        assert!(claim(&resources, Duration::ZERO).await.is_empty(), "it is finished");
    }

    async fn nothing_changes_while_another_process_changes_something(database: TestDatabase) {
        let wait = Duration::from_millis(200);
        let lease = Duration::from_secs(60);
        let resources = resources(&database, Script::default(), lease, wait).await;
        resources.create(wish("a", &["go"])).await.expect("stored");
        let job = claim(&resources, lease).await.remove(0);
        let url = database.url().parse().expect("a URL");
        let other = Database::new(DatabaseConfig::new(url), &[]);
        let held = other.begin_exclusive().await.expect("the lock");
        for (what, refused) in [
            ("create", resources.create(wish("b", &[])).await.map(drop)),
            ("claim", resources.claim(10, lease, Expiry::Except(&[])).await.map(drop)),
            ("renew", resources.renew(&job, lease).await),
            ("finish", resources.finish(&job, &Outcome::Step(job.stay())).await),
            ("delete", resources.delete("a").await.map(drop)),
        ] {
            assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{what}: {refused:?}");
        }
        let changed = resources.change("a", |row| Ok(row.stay())).await;
        assert_eq!(changed.expect_err("locked").kind(), ProblemKind::ServiceUnavailable);
        held.rollback().await.expect("released");
        resources.change("a", |row| Ok(row.stay())).await.expect("changed");
    }

    async fn a_step_is_due_at_its_time_and_later_after_each_failure(database: TestDatabase) {
        let lease = Duration::from_secs(60);
        let resources = resources(&database, Script::default(), lease, lease).await;
        let store = resources.rows.database.clone();
        resources.create(wish("a", &["go"])).await.expect("stored");
        let finish = async |outcome: &dyn Fn(&Row<Wishes>) -> Outcome<Wishes>| {
            let job = claim(&resources, lease).await.remove(0);
            let mut transaction = store.begin().await.expect("begun");
            let before = store.now(&mut transaction).await.expect("a time");
            drop(transaction);
            resources.finish(&job, &outcome(&job)).await.expect("stored");
            let mut transaction = store.begin().await.expect("begun");
            let after = store.now(&mut transaction).await.expect("a time");
            let row = sqlx::query("SELECT * FROM resources").fetch_one(&mut *transaction).await;
            let due = moment(&row.expect("a row"), "due_at").expect("a time");
            // For the next claim.
            let now = sqlx::query("UPDATE resources SET due_at = 0");
            now.execute(&mut *transaction).await.expect("updated");
            transaction.commit().await.expect("committed");
            (due - after, due - before)
        };
        let hour = Duration::from_secs(3600);
        let (least, most) = finish(&|job| Outcome::Step(job.stay().at(job.now + hour))).await;
        assert!(least <= hour && hour - Duration::from_secs(60) < most, "{least} {most}");
        for milliseconds in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            let wait = Duration::from_millis(milliseconds);
            let (least, most) = finish(&|_| Outcome::Failed).await;
            assert!(least <= wait && wait <= most, "{least} {wait:?} {most}");
        }
    }
}
