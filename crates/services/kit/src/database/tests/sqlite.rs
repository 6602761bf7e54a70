//! Files of SQLite.

use std::time::Duration;

use testing::TestDatabase;

use super::*;

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
