//! PostgreSQL, and where there is no server of it.

use std::time::{Duration, Instant};

use testing::{PostgresServer, TestDatabase};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};

use super::super::postgres;
use super::*;

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
