//! What happens to resources, on both databases.

mod fixture;
mod leases;
mod routes;

use contract::resource::ResourceQuery;
use sqlx::{AssertSqlSafe, Row as _};
use testing::{TestDatabase, on_both_databases};

use self::fixture::{Process, Wish, WishPhase, wish};
use super::rows::WITH_KEY;
use super::{Created, Row};
use crate::problem::{Problem, ProblemKind};

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
