//! What both kinds of databases do.

mod postgres;
mod sqlite;

use std::time::Duration;

use sqlx::Row as _;
use testing::{TestDatabase, on_both_databases};

use super::*;
use crate::scripts;

static MIGRATIONS: &[Migrations] =
    &[Migrations { table: "_sqlx_migrations", sqlite: SQLITE, postgres: POSTGRES }];
const SQLITE: Scripts = scripts!("../../../tests/migrations/sqlite", "0001_things");
const POSTGRES: Scripts = scripts!("../../../tests/migrations/postgres", "0001_things");

const TEST_TIMEOUT: Duration = Duration::from_secs(20);

fn open(database: &TestDatabase) -> Database {
    open_url(database.url())
}

fn open_url(url: &str) -> Database {
    let lock_timeout = Duration::from_millis(100);
    let config =
        DatabaseConfig { lock_timeout, ..DatabaseConfig::new(url.parse().expect("a good URL")) };
    Database::new(config, MIGRATIONS)
}

async fn migrated(database: &TestDatabase) -> Database {
    let store = open(database);
    store.migrate(TEST_TIMEOUT).await.expect("migrated");
    store
}

async fn insert(connection: &mut Connection, name: &str) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO things (name) VALUES ($1)").bind(name).execute(connection).await?;
    Ok(())
}

async fn names(connection: &mut Connection) -> Vec<String> {
    let query = sqlx::query_scalar("SELECT name FROM things ORDER BY name");
    query.fetch_all(connection).await.expect("names")
}

on_both_databases! {
    async fn many_that_migrate_at_once_agree(database: TestDatabase) {
        let runs: Vec<_> = (0..8)
            .map(|_| {
                let store = open(&database);
                tokio::spawn(async move { store.migrate(TEST_TIMEOUT).await })
            })
            .collect();
        for run in runs {
            run.await.expect("no panic").expect("migrated");
        }
        let store = open(&database);
        store.migrate(TEST_TIMEOUT).await.expect("a second time is no change");
        store.check().await.expect("writable");
    }

    async fn whoever_is_alone_makes_others_wait_until_the_end(database: TestDatabase) {
        let (store, other) = (migrated(&database).await, open(&database));
        let turn_timeout = Duration::from_millis(200);
        let store = Database::new(DatabaseConfig { turn_timeout, ..store.config }, MIGRATIONS);
        let alone = other.begin_exclusive().await.expect("alone");
        let second = store.begin_exclusive().await.err();
        assert!(matches!(second, Some(StoreError::Unavailable(_))), "{second:?}");
        alone.rollback().await.expect("ended");
        store.begin_exclusive().await.expect("alone").rollback().await.expect("ended");
    }

    async fn the_next_one_alone_sees_what_the_former_one_wrote(database: TestDatabase) {
        let (store, other) = (migrated(&database).await, open(&database));
        let mut first = store.begin_exclusive().await.expect("alone");
        insert(&mut first, "a").await.expect("written");
        let next = tokio::spawn(async move {
            let mut next = loop {
                match other.begin_exclusive().await {
                    Ok(next) => break next,
                    Err(StoreError::Unavailable(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            };
            names(&mut next).await
        });
        first.commit().await.expect("committed");
        assert_eq!(next.await.expect("no panic"), ["a"]);
    }

    async fn an_abandoned_transaction_lets_the_next_one_write(database: TestDatabase) {
        let store = migrated(&database).await;
        let mut abandoned = store.begin_exclusive().await.expect("begun");
        insert(&mut abandoned, "a").await.expect("written");
        drop(abandoned);
        // Rolling back is the next thing that its connection does.
        let mut next = open(&database);
        next.config.lock_timeout = TEST_TIMEOUT;
        let next = Database::new(next.config, MIGRATIONS);
        let mut next = next.begin_exclusive().await.expect("begun");
        assert!(names(&mut next).await.is_empty());
    }

    async fn a_snapshot_stays_as_it_was_and_refuses_to_write(database: TestDatabase) {
        let store = migrated(&database).await;
        let mut snapshot = store.snapshot().await.expect("begun");
        assert!(names(&mut snapshot).await.is_empty());
        let mut transaction = store.begin().await.expect("begun");
        insert(&mut transaction, "a").await.expect("written");
        transaction.commit().await.expect("committed");
        assert!(names(&mut snapshot).await.is_empty());
        insert(&mut snapshot, "b").await.expect_err("read only");
        drop(snapshot);
        assert_eq!(names(&mut store.snapshot().await.expect("begun")).await, ["a"]);
    }

    async fn a_row_that_breaks_a_rule_is_a_refusal(database: TestDatabase) {
        let store = migrated(&database).await;
        let mut transaction = store.begin().await.expect("begun");
        insert(&mut transaction, "a").await.expect("written");
        let error = insert(&mut transaction, "a").await.expect_err("a name twice");
        assert!(error.is_refusal(), "{error:?}");
        drop(transaction);
        let mut transaction = store.begin().await.expect("begun");
        let syntax = sqlx::query("SELECT nothing FROM nowhere").execute(&mut *transaction).await;
        assert!(!StoreError::from(syntax.expect_err("no such table")).is_refusal());
    }

    async fn a_statement_of_parts_reads_rows_of_an_array(database: TestDatabase) {
        let store = migrated(&database).await;
        let mut transaction = store.begin().await.expect("begun");
        for name in ["a", "b", "c"] {
            insert(&mut transaction, name).await.expect("written");
        }
        let mut statement = Statement::new("SELECT name FROM things WHERE name <> ");
        statement.bind("b").push(" AND name IN ").push(store.kind.texts_of(2));
        statement.push(" ORDER BY name LIMIT ");
        // The array is the second parameter, the limit the third.
        let mut query = statement;
        query.push("$3");
        let rows = query.build().bind(r#"["a", "b", "x"]"#).bind(10_i64);
        let rows = rows.fetch_all(&mut *transaction).await.expect("rows");
        let names: Vec<String> = rows.iter().map(|row| row.get("name")).collect();
        assert_eq!(names, ["a"]);
    }

    async fn the_clock_is_right(database: TestDatabase) {
        let store = migrated(&database).await;
        let mut transaction = store.begin().await.expect("begun");
        let before = OffsetDateTime::now_utc() - Duration::from_micros(1);
        let now = store.now(&mut transaction).await.expect("a time");
        assert!(before <= now && now <= OffsetDateTime::now_utc(), "{before} {now}");
    }

    async fn columns_read_back_what_was_written(database: TestDatabase) {
        let store = migrated(&database).await;
        let mut transaction = store.begin().await.expect("begun");
        let moment = column::from_microseconds(1_234_567).expect("a time");
        sqlx::query("INSERT INTO things (name, size, made_at, good) VALUES ($1, $2, $3, $4)")
            .bind("a")
            .bind(None::<i64>)
            .bind(column::microseconds(moment))
            .bind(i64::from(true))
            .execute(&mut *transaction)
            .await
            .expect("written");
        let row = sqlx::query("SELECT * FROM things").fetch_one(&mut *transaction).await;
        let row = row.expect("a row");
        assert_eq!(column::optional_number::<u16>(&row, "size").expect("a number"), None);
        assert_eq!(column::moment(&row, "made_at").expect("a time"), moment);
        assert_eq!(column::optional_moment(&row, "made_at").expect("a time"), Some(moment));
        assert!(column::flag(&row, "good").expect("a flag"));
        assert!(matches!(column::uuid(&row, "name"), Err(StoreError::Broken(_))));
        assert!(matches!(column::number::<u8>(&row, "made_at"), Err(StoreError::Broken(_))));
    }
}
