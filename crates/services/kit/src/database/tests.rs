use std::time::{Duration, Instant};

use sqlx::Row as _;
use testing::{PostgresServer, TestDatabase, on_both_databases};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};

use super::*;
use crate::scripts;

static MIGRATIONS: &[Migrations] =
    &[Migrations { table: "_sqlx_migrations", sqlite: SQLITE, postgres: POSTGRES }];
const SQLITE: Scripts = scripts!("../../tests/migrations/sqlite", "0001_things");
const POSTGRES: Scripts = scripts!("../../tests/migrations/postgres", "0001_things");

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

#[tokio::test]
async fn sqlite_syncs_commits_and_checks_references() {
    let database = TestDatabase::sqlite();
    let store = migrated(&database).await;
    let mut writer = store.begin().await.expect("begun");
    let mut reader = store.snapshot().await.expect("begun");
    for (pragma, of_writer, of_reader) in [
        ("synchronous", 2_i64, 2),
        ("foreign_keys", 1, 1),
        ("busy_timeout", 100, 100),
        ("query_only", 0, 1),
    ] {
        let query = || sqlx::AssertSqlSafe(format!("PRAGMA {pragma}"));
        let value = sqlx::query_scalar(query()).fetch_one(&mut *writer).await;
        assert_eq!(value.ok(), Some(of_writer), "{pragma}");
        let value = sqlx::query_scalar(query()).fetch_one(&mut *reader).await;
        assert_eq!(value.ok(), Some(of_reader), "{pragma}");
    }
    let mode = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *writer).await;
    assert_eq!(mode.ok(), Some("wal".to_owned()));
}

#[tokio::test]
async fn sqlite_does_not_sync_where_nobody_wants_it() {
    let database = TestDatabase::sqlite();
    let url = database.url().parse().expect("a good URL");
    let config = DatabaseConfig { sync: false, ..DatabaseConfig::new(url) };
    let store = Database::new(config, MIGRATIONS);
    store.migrate(TEST_TIMEOUT).await.expect("migrated");
    let mut writer = store.begin().await.expect("begun");
    let level = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *writer).await;
    assert_eq!(level.ok(), Some(0_i64));
}

#[tokio::test]
async fn a_file_name_is_taken_as_it_is() {
    let database = TestDatabase::sqlite();
    let path = database.folder().join("My dätä 100%.db");
    let url = format!("sqlite://{}", path.display()).replace('%', "%25");
    open_url(&url).migrate(TEST_TIMEOUT).await.expect("migrated");
    assert!(path.exists());
}

#[tokio::test]
async fn a_held_lock_makes_sqlite_unavailable_until_its_release() {
    let database = TestDatabase::sqlite();
    let (store, other) = (migrated(&database).await, open(&database));
    let held = other.begin().await.expect("the lock");
    let migration = store.migrate(Duration::from_millis(50)).await;
    assert!(matches!(migration, Err(StoreError::Unavailable(_))), "{migration:?}");
    let check = store.check().await;
    assert!(matches!(check, Err(StoreError::Unavailable(_))), "{check:?}");

    held.rollback().await.expect("released");
    store.check().await.expect("writable again");
}

#[tokio::test]
async fn a_server_that_is_not_there_takes_no_whole_turn() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("postgres://a:b@{address}/c").parse().expect("a good URL");
    let turn_timeout = Duration::from_secs(3600);
    let config = DatabaseConfig { turn_timeout, ..DatabaseConfig::new(url) };
    let store = Database::new(config, MIGRATIONS);
    for begun in [
        timeout(TEST_TIMEOUT, store.begin()).await.expect("no wait"),
        timeout(TEST_TIMEOUT, store.snapshot()).await.expect("no wait"),
    ] {
        let error = begun.err();
        assert!(matches!(error, Some(StoreError::Unavailable(_))), "{error:?}");
    }
}

#[tokio::test]
async fn a_held_lock_bounds_a_migration_of_postgres() {
    let database = TestDatabase::postgres();
    let (store, other) = (migrated(&database).await, open(&database));
    let mut held = other.begin().await.expect("begun");
    let lock = sqlx::query("LOCK TABLE _sqlx_migrations").execute(&mut *held).await;
    lock.expect("the lock");
    let migration = store.migrate(Duration::from_millis(50)).await;
    assert!(matches!(migration, Err(StoreError::Unavailable(_))), "{migration:?}");
    held.rollback().await.expect("released");
    store.migrate(TEST_TIMEOUT).await.expect("migrated");
}

#[tokio::test]
async fn another_process_is_waited_for_longer_than_a_lock_on_postgres() {
    let database = TestDatabase::postgres();
    let (store, other) = (migrated(&database).await, open(&database));
    let alone = store.begin_exclusive().await.expect("alone");
    let next = tokio::spawn(async move { other.begin_exclusive().await.map(drop) });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                   AND datname = current_database() AND now() - query_start > $1::interval";
    let waits = async {
        let longer_than_a_lock = format!("{} ms", 3 * store.config.lock_timeout.as_millis());
        let mut query = store.snapshot().await.expect("begun");
        while sqlx::query_scalar::<_, i64>(waiting)
            .bind(&longer_than_a_lock)
            .fetch_one(&mut *query)
            .await
            .expect("a count")
            == 0
        {
            query = store.snapshot().await.expect("begun");
        }
    };
    timeout(TEST_TIMEOUT, waits).await.expect("it waits");
    alone.rollback().await.expect("ended");
    next.await.expect("no panic").expect("its turn");
}

#[tokio::test]
async fn sessions_have_limits_on_postgres() {
    let database = TestDatabase::postgres();
    let store = migrated(&database).await;
    let mut writer = store.begin().await.expect("begun");
    let mut reader = store.snapshot().await.expect("begun");
    for (setting, of_writer, of_reader) in [
        // A lock is a turn of another process.
        ("lock_timeout", "5s", "5s"),
        ("idle_in_transaction_session_timeout", "30s", "30s"),
        ("default_transaction_read_only", "off", "on"),
    ] {
        let query = || sqlx::AssertSqlSafe(format!("SHOW {setting}"));
        let value = sqlx::query_scalar(query()).fetch_one(&mut *writer).await;
        assert_eq!(value.ok(), Some(of_writer.to_owned()), "{setting}");
        let value = sqlx::query_scalar(query()).fetch_one(&mut *reader).await;
        assert_eq!(value.ok(), Some(of_reader.to_owned()), "{setting}");
    }
}

#[tokio::test]
async fn errors_are_sorted_by_their_code_on_postgres() {
    let database = TestDatabase::postgres();
    let store = migrated(&database).await;
    for (code, is_unavailable, is_refusal) in [
        ("40001", true, false),  // A serialisation failure.
        ("40P01", true, false),  // A deadlock.
        ("53100", true, false),  // The disk is full.
        ("53300", true, false),  // Too many connections.
        ("57P01", true, false),  // The server stops.
        ("58030", true, false),  // Its disk fails.
        ("25006", true, false),  // It is a standby.
        ("25P02", false, false), // A statement after a failed one.
        ("22021", false, true),  // A text with a NUL.
        ("23505", false, true),  // A value twice.
        ("42P01", false, false), // No such table.
    ] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$");
        let mut transaction = store.begin().await.expect("begun");
        let raised = sqlx::query(sqlx::AssertSqlSafe(raise)).execute(&mut *transaction).await;
        let error = StoreError::from(raised.expect_err(code));
        assert_eq!(matches!(error, StoreError::Unavailable(_)), is_unavailable, "{error:?}");
        assert_eq!(error.is_refusal(), is_refusal, "{error:?}");
    }
}

#[tokio::test]
async fn a_full_disk_makes_sqlite_unavailable() {
    let database = TestDatabase::sqlite();
    let store = migrated(&database).await;
    let mut transaction = store.begin().await.expect("begun");
    let full = sqlx::query("PRAGMA max_page_count = 1").execute(&mut *transaction).await;
    full.expect("it is as large as it may be");
    let error = loop {
        let name = "x".repeat(10_000) + &uuid::Uuid::now_v7().to_string();
        if let Err(error) = insert(&mut transaction, &name).await {
            break error;
        }
    };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_disk_that_is_read_only_makes_sqlite_unavailable() {
    let database = TestDatabase::sqlite();
    let store = migrated(&database).await;
    // With the code of a disk that was remounted read-only.
    let mut snapshot = store.snapshot().await.expect("begun");
    let error = insert(&mut snapshot, "a").await.expect_err("read only");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn connections_of_before_a_restart_fail_no_request_on_postgres() {
    let server = PostgresServer::start();
    let database = TestDatabase::on(&server);
    let store = migrated(&database).await;
    store.check().await.expect("writable");
    assert!(names(&mut store.snapshot().await.expect("begun")).await.is_empty());
    server.stop();
    server.restart();
    store.check().await.expect("writable");
    assert!(names(&mut store.snapshot().await.expect("begun")).await.is_empty());
}

#[tokio::test]
async fn a_start_waits_for_a_server_on_postgres() {
    let server = PostgresServer::start();
    let database = TestDatabase::on(&server);
    let store = open(&database);
    server.stop();
    let readiness = Readiness::default();
    let migrated = store.migrate_when_available(&readiness);
    let restarted = async {
        // Once it has begun.
        tokio::task::yield_now().await;
        assert_eq!(readiness.waiting_for().as_deref(), Some("the database"));
        server.restart();
    };
    let (migrated, ()) = tokio::join!(migrated, restarted);
    migrated.expect("migrated");
    assert!(names(&mut store.snapshot().await.expect("begun")).await.is_empty());
}

#[tokio::test]
async fn a_start_does_not_wait_for_a_folder_that_is_not_there() {
    let database = TestDatabase::sqlite();
    let store = open_url(&format!("sqlite://{}/missing/x.db", database.folder().display()));
    let readiness = Readiness::default();
    let migrated = timeout(TEST_TIMEOUT, store.migrate_when_available(&readiness));
    let error = migrated.await.expect("no wait").expect_err("no folder");
    assert!(error.is_missing_file(), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_unavailable() {
    let database = TestDatabase::sqlite();
    let store = open_url(&format!("sqlite://{}/missing/x.db", database.folder().display()));
    let error = store.migrate(TEST_TIMEOUT).await.expect_err("no folder");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("unable to open database file"), "{error}");
}

#[tokio::test]
async fn a_stopped_server_is_unavailable_until_it_is_back_on_postgres() {
    let server = PostgresServer::start();
    let database = TestDatabase::on(&server);
    let store = open(&database);
    let mut config = store.config.clone();
    config.turn_timeout = Duration::from_millis(200);
    let store = Database::new(config, MIGRATIONS);
    store.migrate(TEST_TIMEOUT).await.expect("migrated");
    let mut transaction = store.begin().await.expect("begun");
    server.stop();
    let error = insert(&mut transaction, "a").await.expect_err("stopped");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    drop(transaction);
    for _ in 0..2 {
        let error = store.check().await.expect_err("stopped");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
    let migration = store.migrate(Duration::from_millis(200)).await;
    assert!(matches!(migration, Err(StoreError::Unavailable(_))), "{migration:?}");
    server.restart();
    store.check().await.expect("back");
}

/// Where addresses of a cluster change behind one, what is sent meanwhile is lost.
#[tokio::test]
async fn a_connection_that_nobody_answers_is_given_up_for_another_on_postgres() {
    let database = TestDatabase::postgres();
    let (url, folder) = database.url().split_once("?host=").expect("it listens at a socket");
    let socket = format!("{folder}/.s.PGSQL.5432");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let between = open_url(&url.replace("localhost", &address));
    tokio::spawn(async move {
        let mut silent = Vec::new();
        for is_answered in [false, true].into_iter().cycle() {
            let mut client = loop {
                let (client, _) = listener.accept().await.expect("a connection");
                // Who looks whether there is a server sends nothing.
                if client.peek(&mut [0]).await.is_ok_and(|length| length > 0) {
                    break client;
                }
            };
            if !is_answered {
                silent.push(client);
                continue;
            }
            let mut server = UnixStream::connect(&socket).await.expect("a server");
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
        }
    });
    between.migrate(TEST_TIMEOUT).await.expect("migrated");
    drop(between.begin().await.expect("begun"));
    drop(between.snapshot().await.expect("begun"));
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_a_mistake_on_postgres() {
    let database = TestDatabase::postgres();
    let url = database.url().replace("/test", "/nowhere");
    let error = open_url(&url).migrate(TEST_TIMEOUT).await.expect_err("no such database");
    assert!(matches!(error, StoreError::Broken(_)), "{error:?}");
}

#[tokio::test]
async fn all_requests_that_wait_look_together_for_a_server() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let url: DatabaseUrl = format!("postgres://a:b@{address}/c").parse().expect("a good URL");
    let lookout = postgres::Lookout::default();
    let start = Instant::now();
    let waiting = futures_util::future::join_all((0..50).map(|_| lookout.refused(&url)));
    let four = async {
        for _ in 0..4 {
            listener.accept().await.expect("a look");
        }
        drop(listener);
        // Alone, four of them would have looked after one interval.
        assert!(start.elapsed() > 3 * postgres::LOOK_INTERVAL, "{:?}", start.elapsed());
    };
    let both = async { tokio::join!(waiting, four) };
    let (refused, ()) = timeout(TEST_TIMEOUT, both).await.expect("they end with the server");
    assert_eq!(refused.len(), 50);
}
