//! The spool in a real folder.

use std::path::Path;

use contract::datastorage::{Category, Essentials, NewEvent, Outcome, Severity, to_microseconds};
use kit::database::column::from_microseconds;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::testing::{dead_letters, open_spool};
use super::*;

mod properties;

const ALL: u32 = u32::MAX;

fn event(data: Value) -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id: "rr-1\nrr-2",
        data,
    })
}

fn events(count: usize) -> Vec<NewEvent> {
    (0..count).map(|number| event(json!({ "number": number }))).collect()
}

fn now() -> OffsetDateTime {
    to_microseconds(OffsetDateTime::now_utc())
}

async fn open(folder: &Path) -> Spool {
    Spool::open(folder, 10_000).await.expect("a spool")
}

async fn contents(spool: &mut Spool) -> Vec<NewEvent> {
    let found = spool.oldest(ALL, usize::MAX).await.expect("readable");
    found.into_iter().map(|spooled| spooled.event.expect("an event")).collect()
}

/// Appends each request by itself.
async fn fill(spool: &mut Spool, requests: &[Vec<NewEvent>]) {
    for request in requests {
        let accepted = spool.append(now(), std::slice::from_ref(request)).await.expect("written");
        assert_eq!(accepted, [Ok(())]);
    }
}

/// Removes the oldest events.
async fn remove(spool: &mut Spool, count: u32) {
    let oldest = spool.oldest(count, usize::MAX).await.expect("readable");
    spool.remove(oldest.last().expect("an event").position, &[]).await.expect("removed");
}

#[tokio::test]
async fn an_event_comes_back_equal_in_every_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = event(json!({ "a": [1, -2.5e-300, 0.1, 123456789.12345679, "ü\n\u{2028}", u64::MAX, i64::MIN, null] }))
        .with_parent(Uuid::now_v7())
        .with_actor("service", "gateway")
        .with_resource("pod", "shop/cart-0")
        .with_namespace("shop")
        .with_cluster("west")
        .with_severity(Severity::Critical)
        .with_duration(std::time::Duration::from_millis(7));
    let requests = [vec![full, event(Value::Null)], events(1)];
    let accepted_at = now() - time::Duration::HOUR;
    let accepted = open(folder.path()).await.append(accepted_at, &requests).await;
    assert_eq!(accepted.expect("written"), [Ok(()), Ok(())]);

    let mut spool = open(folder.path()).await;
    assert_eq!((spool.depth(), spool.waiting_since()), (3, Some(accepted_at)));
    assert_eq!(contents(&mut spool).await, requests.concat());
    let found = spool.oldest(ALL, usize::MAX).await.expect("readable");
    assert!(found.iter().all(|spooled| spooled.accepted_at == accepted_at), "{found:?}");
}

#[tokio::test]
async fn a_spool_takes_what_fits_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = Spool::open(folder.path(), 5).await.expect("a spool");
    let requests = [events(2), events(4), events(3), events(1)];
    let accepted = spool.append(now(), &requests).await.expect("written");
    assert_eq!(accepted, [Ok(()), Err(SpoolFull), Ok(()), Err(SpoolFull)]);
    assert_eq!(spool.depth(), 5);

    remove(&mut spool, 2).await;
    assert_eq!(spool.depth(), 3);
    fill(&mut spool, &requests[..1]).await;
    assert_eq!(contents(&mut spool).await, [&*requests[2], &*requests[0]].concat());
    // The limit is that of the process, the events those of the folder.
    drop(spool);
    let mut spool = Spool::open(folder.path(), 1).await.expect("a spool");
    let accepted = spool.append(now(), &[events(1)]).await.expect("nothing to write");
    assert_eq!((accepted, spool.depth()), (vec![Err(SpoolFull)], 5));
}

#[tokio::test]
async fn the_oldest_come_in_portions_and_one_at_least() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path()).await;
    assert_eq!(contents(&mut spool).await, []);
    let sent = events(5);
    fill(&mut spool, std::slice::from_ref(&sent)).await;
    // A time may be written with fewer digits, so sizes differ.
    let size = |event| serde_json::to_string(event).expect("serializable").len();
    let two = size(&sent[0]) + size(&sent[1]);
    for (limit, bytes, count) in
        [(1, usize::MAX, 1), (3, usize::MAX, 3), (ALL, 1, 1), (ALL, two, 2), (ALL, 9 * two, 5)]
    {
        let found = spool.oldest(limit, bytes).await.expect("readable");
        let found: Vec<_> =
            found.into_iter().map(|spooled| spooled.event.expect("an event")).collect();
        assert_eq!(found, sent[..count], "{limit} events, {bytes} bytes");
    }
}

#[tokio::test]
async fn removed_events_are_gone_and_those_with_a_letter_are_kept_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path()).await;
    let sent = events(4);
    let accepted_at = now();
    spool.append(accepted_at, std::slice::from_ref(&sent)).await.expect("written");
    let found = spool.oldest(3, usize::MAX).await.expect("readable");
    let letter = DeadLetter {
        position: found[1].position,
        event_id: Some(sent[1].event_id),
        reason: "its parent is not in the trail".to_owned(),
    };
    let before = now();
    spool.remove(found[2].position, std::slice::from_ref(&letter)).await.expect("removed");
    assert_eq!(contents(&mut spool).await, sent[3..]);

    // Operators read them while the service runs.
    let mut other = open_spool(folder.path()).await;
    let text = serde_json::to_string(&sent[1]).expect("serializable");
    assert_eq!(dead_letters(&mut other).await, [(accepted_at, text, letter.reason)]);
    let rejected_at: i64 = sqlx::query_scalar("SELECT rejected_at FROM dead_letters")
        .fetch_one(&mut other)
        .await
        .expect("a time");
    let rejected_at = from_microseconds(rejected_at).expect("a time");
    assert!((before..=now()).contains(&rejected_at), "{rejected_at}");
}

#[tokio::test]
async fn a_failed_write_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path()).await;
    let sent = events(2);
    fill(&mut spool, std::slice::from_ref(&sent)).await;
    let since = spool.waiting_since();
    let found = spool.oldest(ALL, usize::MAX).await.expect("readable");
    let mut other = open_spool(folder.path()).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the write lock");

    spool.append(now(), &[events(1)]).await.expect_err("locked");
    spool.remove(found[1].position, &[]).await.expect_err("locked");
    assert_eq!((spool.depth(), spool.waiting_since()), (2, since));
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("released");
    assert_eq!(contents(&mut spool).await, sent);
    fill(&mut spool, &[events(1)]).await;
    assert_eq!(spool.depth(), 3);
}

#[tokio::test]
async fn a_spool_that_was_deleted_takes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path()).await;
    let sent = events(2);
    fill(&mut spool, std::slice::from_ref(&sent)).await;
    std::fs::remove_dir_all(folder.path()).expect("removed");

    let error = spool.append(now(), &[events(1)]).await.expect_err("deleted");
    assert_eq!(error.to_string(), format!("{}/spool.db was deleted", folder.path().display()));
    assert_eq!(contents(&mut spool).await, sent, "what it has can still be replayed");
}

#[tokio::test]
async fn a_drained_spool_gives_its_space_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path()).await;
    fill(&mut spool, &[events(1000)]).await;
    let mut other = open_spool(folder.path()).await;
    let mut pages = async || -> i64 {
        let pages = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut other).await;
        pages.expect("a number")
    };
    let full = pages().await;
    remove(&mut spool, 1000).await;
    let drained = pages().await;
    assert!(full > 50 && drained < 10, "{full} pages, then {drained}");
}

#[tokio::test]
async fn commits_are_synced() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path()).await;
    let connection = &mut spool.connection;
    let level = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await;
    assert_eq!(level.ok(), Some(2_i64));
    let mode = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(connection).await;
    assert_eq!(mode.ok(), Some("wal".to_owned()));
}

#[tokio::test]
async fn a_folder_belongs_to_one_spool_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path()).await;
    let error = Spool::open(folder.path(), 1).await.expect_err("in use");
    assert_eq!(error.to_string(), "another process uses it");
    drop(first);
    open(folder.path()).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = async |prepare: &dyn Fn(&Path)| {
        let folder = folder.path().join(Uuid::now_v7().to_string());
        std::fs::create_dir(&folder).expect("made");
        prepare(&folder);
        let error = Spool::open(&folder, 1).await.expect_err("refused");
        format!("{error:#}").replace(&folder.display().to_string(), "<folder>")
    };

    let segment = refused(&|folder| {
        std::fs::write(folder.join("00000000000000000007.spool"), "events").expect("written");
        std::fs::write(folder.join("dead-letters.jsonl"), "letters").expect("written");
    });
    insta::assert_snapshot!(segment.await, @r"
    <folder>/00000000000000000007.spool has events of an earlier version
    hint: start that version, and this one once its spool is empty
    ");
    let text = refused(&|folder| {
        std::fs::write(folder.join("spool.db"), "text ".repeat(1000)).expect("written");
    });
    insta::assert_snapshot!(text.await, @"cannot open <folder>/spool.db: error returned from database: (code: 26) file is not a database");
    let occupied = refused(&|folder| std::fs::create_dir(folder.join("spool.db")).expect("made"));
    insta::assert_snapshot!(occupied.await, @"cannot open <folder>/spool.db: error returned from database: (code: 14) unable to open database file");
}
