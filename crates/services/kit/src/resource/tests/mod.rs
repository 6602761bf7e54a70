//! What happens to resources, on both databases.

mod fixture;
mod routes;

use std::time::Duration;

use contract::resource::ResourceQuery;
use sqlx::{AssertSqlSafe, Row as _};
use testing::{TestDatabase, on_both_databases};

use self::fixture::{Process, Script, Wish, WishPhase, Wishes, resources, wish};
use super::queue::Outcome;
use super::rows::WITH_KEY;
use super::{Created, Row};
use crate::database::column::moment;
use crate::database::{Database, DatabaseConfig, StoreError};
use crate::problem::{Problem, ProblemKind};
use crate::work::{Expiry, Queue as _};

on_both_databases! {
    async fn steps_lead_to_the_last_phase_and_the_trail_is_told_of_each(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["go", "go"]).await;
        let row = process.granted("a").await;
        assert_eq!(row.status.steps, 3);
        assert!(row.completed_at.is_some_and(|time| time >= row.created_at));
        assert_eq!(process.script.begun(), ["a go", "a go", "a end"]);
        let told = process.told().await;
        assert_eq!(told, ["created", "Pending to Working", "granted", "Working to Granted"]);
        process.stop().await;
    }

    async fn the_same_request_again_changes_nothing(database: TestDatabase) {
        let process = Process::start(&database).await;
        let asked = wish("a", &["ask"]);
        let first = process.resources.create(asked.clone()).await.expect("stored");
        let Created::New(first) = first else { panic!("{first:?}") };
        let second = process.resources.create(asked.clone()).await.expect("stored");
        let Created::There(second) = second else { panic!("{second:?}") };
        assert_eq!(first.id, second.id);
        let other = Wish { correlation_id: "rr-2".to_owned(), ..asked };
        let other = process.resources.create(other).await.expect("stored");
        assert!(matches!(other, Created::Other), "{other:?}");
    }

    async fn a_step_that_fails_or_panics_is_made_again(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["fail"]).await;
        process.wish("b", &["panic"]).await;
        process.granted("a").await;
        assert_eq!(process.granted("b").await.attempts, 0, "they count until a step succeeds");
        let mut begun = process.script.begun();
        begun.sort();
        assert_eq!(begun, ["a end", "a fail", "a fail", "b end", "b panic", "b panic"]);
    }

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
        let claim = async |lease| resources.claim(10, lease, Expiry::Except(&[])).await.expect("claimed").jobs;
        let lost = claim(Duration::ZERO).await.remove(0);
        let held = claim(Duration::from_secs(60)).await.remove(0);
        let refused = Outcome::Step(lost.to(WishPhase::Refused));
        for outcome in [Outcome::Failed, Outcome::Removed, refused] {
            resources.finish(&lost, &outcome).await.expect("nothing is done");
        }
        assert!(claim(Duration::ZERO).await.is_empty(), "the other one has it still");
        let granted = Outcome::Step(held.to(WishPhase::Granted));
        resources.finish(&held, &granted).await.expect("stored");
        let row = resources.get("a").await.expect("read").expect("there");
        assert_eq!(row.phase, WishPhase::Granted);
        resources.renew(&lost, Duration::ZERO).await.expect("nothing is done");
        assert!(claim(Duration::ZERO).await.is_empty(), "it is finished");
    }

    async fn a_change_is_stored_with_its_events_or_not_at_all(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["ask"]).await;
        process.until("a", |row| row.status.steps == 1).await;
        process.rename("audit_outbox", "elsewhere").await;
        process.resources.create(wish("b", &[])).await.expect_err("there is no outbox");
        let refuse = |row: &Row<_>| Ok(row.to(WishPhase::Refused));
        process.resources.change("a", refuse).await.expect_err("there is no outbox");
        process.rename("elsewhere", "audit_outbox").await;
        assert!(process.resources.get("b").await.expect("read").is_none());
        assert_eq!(process.until("a", |_| true).await.phase, WishPhase::Working);
    }

    async fn nothing_changes_while_another_process_changes_something(database: TestDatabase) {
        let wait = Duration::from_millis(200);
        let lease = Duration::from_secs(60);
        let resources = resources(&database, Script::default(), lease, wait).await;
        resources.create(wish("a", &["go"])).await.expect("stored");
        let job = resources.claim(10, lease, Expiry::Except(&[])).await.expect("claimed").jobs.remove(0);
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
            let job = resources.claim(10, lease, Expiry::Except(&[])).await.expect("claimed").jobs.remove(0);
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

    async fn a_page_has_the_newest_first_and_all_are_counted(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["ask"]).await;
        process.wish("b", &[]).await;
        process.granted("b").await;
        for name in ["c", "d"] {
            process.wish(name, &["ask"]).await;
        }
        for name in ["a", "c", "d"] {
            process.until(name, |row| row.status.steps == 1).await;
        }
        let resources = process.resources.clone();
        process.stop().await;
        // What it has made elsewhere is not removed any more.
        assert!(resources.delete("d").await.expect("deleted"));
        let all = ResourceQuery::default();
        for (query, names, count) in [
            (all.clone(), &["c", "b", "a"][..], 3),
            (ResourceQuery { limit: Some(1), offset: Some(1), ..all.clone() }, &["b"], 3),
            (ResourceQuery { phase: Some(WishPhase::Working), ..all }, &["c", "a"], 2),
            (ResourceQuery::of_correlation("rr-a"), &["a"], 1),
        ] {
            let (rows, total) = resources.list(&query).await.expect("read");
            let listed: Vec<_> = rows.iter().map(|row| row.spec.name.as_str()).collect();
            assert_eq!((&listed[..], total), (names, count));
        }
    }

    async fn what_one_has_claimed_another_waits_for(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["claim x", "hang"]).await;
        process.until_begun("a hang").await;
        process.wish("b", &["claim x"]).await;
        process.until("b", |row| row.status.waited_for.as_deref() == Some("a")).await;
        process.wish("c", &["claim y"]).await;
        process.granted("c").await;
        assert_eq!(process.until("b", |_| true).await.phase, WishPhase::Pending);
        process.script.go_on.notify_one();
        process.granted("a").await;
        process.granted("b").await;
    }

    async fn what_one_has_released_another_gets_before_the_end(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["claim x", "claim y", "release x", "hang"]).await;
        process.until_begun("a hang").await;
        process.wish("b", &["claim x"]).await;
        process.granted("b").await;
        process.wish("c", &["claim y"]).await;
        process.until("c", |row| row.status.waited_for.as_deref() == Some("a")).await;
        process.script.go_on.notify_one();
        process.granted("c").await;
    }

    async fn what_follows_from_the_end_is_done_after_it(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["last"]).await;
        let ended = process.granted("a").await;
        let row = process.until("a", |row| row.status.steps == 2).await;
        assert_eq!((row.phase, row.completed_at), (WishPhase::Granted, ended.completed_at));
        process.wish("b", &["hang"]).await;
        process.until_begun("b hang").await;
        // It has made something that is not known.
        let end = |row: &Row<_>| Ok(row.to(WishPhase::Refused).follow_up());
        process.resources.change("b", end).await.expect("changed");
        process.wish("c", &[]).await;
        process.granted("c").await;
        assert_eq!(process.script.begun(), ["a last", "a end", "b hang", "c end"]);
        process.script.go_on.notify_one();
        while process.script.begun().len() < 5 {
            tokio::task::yield_now().await;
        }
        assert_eq!(process.script.begun()[4..], ["b hang"]);
        let ended = process.until("b", |_| true).await;
        assert_eq!((ended.phase, ended.status.steps), (WishPhase::Refused, 0));
        let told = process.told().await;
        assert_eq!(told[..3], ["created", "Pending to Granted", "granted"]);
    }

    async fn a_step_is_not_lost_when_the_same_is_asked_for_meanwhile(database: TestDatabase) {
        let process = Process::start(&database).await;
        let about = |name: &str| Wish { about: Some("x".to_owned()), ..wish(name, &["hang"]) };
        process.resources.create(about("a")).await.expect("stored");
        process.until_begun("a hang").await;
        for name in ["b", "c"] {
            process.resources.create(about(name)).await.expect("stored");
        }
        process.script.go_on.notify_one();
        let granted = process.granted("a").await;
        assert_eq!(process.script.begun(), ["a hang", "a end"]);
        assert_eq!((granted.status.steps, granted.status.again), (2, 2));
    }

    async fn a_step_that_changes_nothing_leaves_the_time_of_the_last_change(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["ask"]).await;
        let asked = process.until("a", |row| row.status.steps == 1).await;
        let same = process.resources.change("a", |row| Ok(row.stay())).await.expect("changed");
        assert_eq!(same.updated_at, asked.updated_at);
        assert!(process.granted("a").await.updated_at > asked.updated_at);
    }

    async fn of_many_equal_ones_at_once_one_is_created(database: TestDatabase) {
        let process = Process::start(&database).await;
        let about = |name: &str| Wish { about: Some("x".to_owned()), ..wish(name, &["ask"]) };
        let names: Vec<_> = (0..20).map(|number| format!("w{number}")).collect();
        let created = names.iter().map(|name| process.resources.create(about(name)));
        let created = futures_util::future::join_all(created).await;
        let is_new = |created: &Created<_>| matches!(created, Created::New(_));
        let created: Vec<_> = created.into_iter().map(|one| one.expect("stored")).collect();
        assert_eq!(created.iter().filter(|one| is_new(one)).count(), 1);
        let (rows, total) = process.resources.list(&ResourceQuery::default()).await.expect("read");
        assert_eq!((rows.len(), total), (1, 1));
        assert_eq!(rows[0].status.again, 19);

        // Once it is finished, the next one is new.
        let name = rows[0].spec.name.clone();
        let end = |row: &Row<_>| Ok(row.to(WishPhase::Refused));
        process.resources.change(&name, end).await.expect("changed");
        assert!(is_new(&process.resources.create(about("later")).await.expect("stored")));
    }

    async fn what_a_deleted_one_had_in_common_is_free_at_once(database: TestDatabase) {
        let process = Process::start(&database).await;
        let about = |name: &str| Wish { about: Some("x".to_owned()), ..wish(name, &["ask"]) };
        process.resources.create(about("a")).await.expect("stored");
        process.until("a", |row| row.status.steps == 1).await;
        // What it has made elsewhere is not removed any more.
        let resources = process.resources.clone();
        process.stop().await;
        assert!(resources.delete("a").await.expect("deleted"));
        let second = resources.create(about("b")).await.expect("stored");
        assert!(matches!(second, Created::New(_)), "{second:?}");
    }

    async fn a_decision_goes_on_and_comes_before_a_step_under_way(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["ask"]).await;
        process.until("a", |row| row.status.steps == 1).await;
        process.resources.change("a", |row| Ok(row.stay())).await.expect("changed");
        process.granted("a").await;

        process.wish("b", &["hang"]).await;
        process.until_begun("b hang").await;
        let refuse = |row: &Row<_>| Ok(row.to(WishPhase::Refused));
        process.resources.change("b", refuse).await.expect("changed");
        process.script.go_on.notify_one();
        process.stop().await;
        let process = Process::start(&database).await;
        assert_eq!(process.until("b", |_| true).await.phase, WishPhase::Refused);

        let refused = process.resources.change("b", |_| Err(Problem::conflict("no"))).await;
        assert_eq!(refused.expect_err("no").kind(), ProblemKind::Conflict);
        let missing = process.resources.change("c", |row| Ok(row.stay())).await;
        assert_eq!(missing.expect_err("missing").kind(), ProblemKind::NotFound);
    }

    async fn a_step_counts_others_by_their_keys(database: TestDatabase) {
        let process = Process::start(&database).await;
        for name in ["a", "b"] {
            process.wish(name, &["go"]).await;
            process.granted(name).await;
        }
        process.wish("c", &["count 2"]).await;
        assert_eq!(process.granted("c").await.status.again, 2);
    }

    async fn what_a_step_under_way_makes_is_removed_after_it(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["hang"]).await;
        process.until_begun("a hang").await;
        assert!(process.resources.delete("a").await.expect("deleted"));
        process.wish("b", &["go"]).await;
        process.granted("b").await;
        assert_eq!(process.script.begun(), ["a hang", "b go", "b end"]);
        process.script.go_on.notify_one();
        process.until_begun("a remove").await;
    }

    async fn what_the_last_step_under_way_makes_is_removed_too(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["hang last"]).await;
        process.until_begun("a hang last").await;
        assert!(process.resources.delete("a").await.expect("deleted"));
        process.script.go_on.notify_one();
        process.until_begun("a remove").await;
    }

    async fn a_deleted_one_is_gone_at_once_and_its_name_is_free_later(database: TestDatabase) {
        let process = Process::start(&database).await;
        process.wish("a", &["ask"]).await;
        let first = process.until("a", |row| row.status.steps == 1).await;
        assert!(process.resources.delete("a").await.expect("deleted"));
        assert!(process.resources.get("a").await.expect("read").is_none());
        assert!(!process.resources.delete("a").await.expect("deleted"), "it is gone");
        let again = process.resources.create(wish("a", &["ask"])).await.expect("stored");
        assert!(matches!(again, Created::Other), "its name is not free yet: {again:?}");
        // The first attempt at removing fails.
        let second = loop {
            let again = process.resources.create(wish("a", &["ask"])).await.expect("stored");
            if let Created::New(second) = again {
                break second;
            }
            tokio::task::yield_now().await;
        };
        assert_ne!(first.id, second.id);
        assert_eq!(process.script.begun()[1..3], ["a remove", "a remove"]);
    }
}

#[tokio::test]
async fn the_newest_of_many_with_a_key_are_found_without_sorting_them_all() {
    let database = TestDatabase::sqlite();
    let process = Process::start(&database).await;
    let mut snapshot = process.resources.rows.database.snapshot().await.expect("open");
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {WITH_KEY}")))
        .bind("steps")
        .bind("1")
        .bind(50)
        .fetch_all(&mut *snapshot)
        .await
        .expect("planned");
    let plan: Vec<String> = plan.iter().map(|line| line.get("detail")).collect();
    assert!(plan[0].contains("resource_keys_value"), "{plan:#?}");
    assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:#?}");
}
