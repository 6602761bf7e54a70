//! The spool on files that are cut off, damaged or locked.

use std::path::{Path, PathBuf};

use contract::datastorage::{Category, Essentials, NewEvent, Outcome, Severity, to_microseconds};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;

mod properties;

const ALL: u64 = u64::MAX;

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

fn entry(events: usize) -> Entry {
    let events = (0..events).map(|number| event(json!({ "number": number }))).collect();
    Entry { taken_at: to_microseconds(OffsetDateTime::now_utc()), events }
}

fn open(folder: &Path) -> Spool {
    Spool::open(folder, Limits::events(10_000)).expect("a spool")
}

fn contents(spool: &Spool) -> Vec<SpoolRecord> {
    spool.oldest(ALL, usize::MAX).expect("readable")
}

fn whole(entries: &[Entry]) -> Vec<SpoolRecord> {
    entries.iter().cloned().map(SpoolRecord::Whole).collect()
}

/// Appends each entry by itself.
fn fill(spool: &mut Spool, entries: &[Entry]) {
    for entry in entries {
        let taken = spool.append(std::slice::from_ref(entry)).expect("written");
        assert_eq!(taken, [Ok(())]);
    }
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = folder.read_dir().expect("a folder").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "spool"))
        .collect();
    files.sort();
    files
}

#[test]
fn an_event_comes_back_equal_in_every_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = event(json!({ "a": [1, -2.5e-300, 0.1, 123456789.12345679, "ü\n\u{2028}", u64::MAX, i64::MIN, null] }))
        .with_parent(Uuid::now_v7())
        .with_actor("service", "gateway")
        .with_resource("pod", "shop/cart-0")
        .with_namespace("shop")
        .with_cluster("west")
        .with_severity(Severity::Critical)
        .with_duration(std::time::Duration::from_millis(7));
    let taken_at = to_microseconds(OffsetDateTime::now_utc());
    let entries = [Entry { taken_at, events: vec![full, event(Value::Null)] }, entry(1)];

    fill(&mut open(folder.path()), &entries);

    let spool = open(folder.path());
    assert_eq!(contents(&spool), whole(&entries));
    assert_eq!((spool.depth(), spool.waiting_since()), (3, Some(taken_at)));
}

#[test]
fn a_spool_takes_what_fits_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = Spool::open(folder.path(), Limits::events(5)).expect("a spool");
    let entries = [entry(2), entry(4), entry(3), entry(1)];
    let taken = spool.append(&entries).expect("written");
    assert_eq!(taken, [Ok(()), Err(SpoolFull), Ok(()), Err(SpoolFull)]);
    assert_eq!(spool.depth(), 5);

    spool.remove(1);
    assert_eq!(spool.depth(), 3);
    assert_eq!(spool.append(&entries[..1]).expect("written"), [Ok(())]);
    let expected = [entries[2].clone(), entries[0].clone()];
    assert_eq!(contents(&spool), whole(&expected));
}

#[test]
fn the_oldest_come_in_portions_and_one_at_least() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = open(folder.path());
    let entries = [entry(3), entry(1), entry(1)];
    fill(&mut spool, &entries);
    let count = |events, bytes| spool.oldest(events, bytes).expect("readable").len();
    assert_eq!((count(1, usize::MAX), count(3, usize::MAX), count(4, usize::MAX)), (1, 1, 2));
    assert_eq!((count(ALL, 1), count(ALL, usize::MAX)), (1, 3));
}

#[test]
fn files_that_are_done_are_deleted_and_a_drained_spool_leaves_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = Limits { events: 100, segment_bytes: 1 };
    let mut spool = Spool::open(folder.path(), limits).expect("a spool");
    let entries: Vec<_> = (0..4).map(|_| entry(1)).collect();
    fill(&mut spool, &entries);
    assert_eq!(segments(folder.path()).len(), 4);

    spool.remove(3);
    assert_eq!(segments(folder.path()).len(), 1);
    assert_eq!(contents(&spool), whole(&entries[3..]));
    spool.remove(1);
    assert_eq!(segments(folder.path()), Vec::<PathBuf>::new());
    assert_eq!(spool.waiting_since(), None);

    fill(&mut spool, &entries[..1]);
    assert_eq!(contents(&spool), whole(&entries[..1]));
}

#[test]
fn a_folder_belongs_to_one_spool_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path());
    let error = Spool::open(folder.path(), Limits::events(1)).expect_err("in use");
    assert_eq!(error.to_string(), "another process uses it");
    drop(first);
    open(folder.path());
}

#[test]
fn a_write_that_is_cut_short_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let entries = [entry(1), entry(2)];
    let mut ends = vec![0];
    let mut spool = open(folder.path());
    for entry in &entries {
        fill(&mut spool, std::slice::from_ref(entry));
        ends.push(std::fs::metadata(&segments(folder.path())[0]).expect("a file").len());
    }
    drop(spool);
    let bytes = std::fs::read(&segments(folder.path())[0]).expect("readable");

    let file = folder.path().join("00000000000000000007.spool");
    for length in 0..=bytes.len() {
        segments(folder.path())
            .iter()
            .for_each(|path| std::fs::remove_file(path).expect("removed"));
        std::fs::write(&file, &bytes[..length]).expect("written");
        let whole_ones = ends.iter().filter(|end| **end <= length as u64).count() - 1;

        let mut spool = open(folder.path());
        assert_eq!(contents(&spool), whole(&entries[..whole_ones]), "cut at {length}");
        // A new line does not continue the remains of the old one.
        let next = entry(1);
        fill(&mut spool, std::slice::from_ref(&next));
        drop(spool);
        let expected = [&entries[..whole_ones], std::slice::from_ref(&next)].concat();
        assert_eq!(contents(&open(folder.path())), whole(&expected), "cut at {length}");
    }
}

#[test]
fn a_damaged_line_is_reported_and_the_others_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let entries = [entry(1), entry(2), entry(1)];
    fill(&mut open(folder.path()), &entries);
    let file = &segments(folder.path())[0];
    let text = std::fs::read_to_string(file).expect("text");
    let lines: Vec<_> = text.lines().collect();
    let damaged = lines[1].replacen("received", "deceived", 1);
    std::fs::write(file, format!("{}\n{damaged}\n{}\n", lines[0], lines[2])).expect("written");

    let mut spool = open(folder.path());
    let found = contents(&spool);
    assert_eq!((&found[0], &found[2]), (&whole(&entries)[0], &whole(&entries)[2]));
    let SpoolRecord::Damaged { line, reason } = &found[1] else { panic!("{found:?}") };
    assert_eq!(*line, damaged);
    assert_eq!(reason, "the line in the spool is damaged: its checksum is another one");
    assert_eq!(spool.depth(), 3, "a damaged line counts as one event");
    spool.remove(3);
    assert_eq!(spool.depth(), 0);
}

#[test]
fn a_file_that_was_whole_once_is_not_cut_off_in_silence() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = Limits { events: 100, segment_bytes: 1 };
    let entries = [entry(1), entry(1)];
    fill(&mut Spool::open(folder.path(), limits).expect("a spool"), &entries);
    let first = &segments(folder.path())[0];
    let bytes = std::fs::read(first).expect("readable");
    std::fs::write(first, &bytes[..bytes.len() / 2]).expect("written");

    let found = contents(&open(folder.path()));
    assert!(matches!(found[0], SpoolRecord::Damaged { .. }), "{found:?}");
    assert_eq!(found[1..], whole(&entries[1..]));
}

#[test]
fn dead_letters_are_appended_each_on_a_line_also_after_a_torn_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let letter = DeadLetter {
        rejected_at: OffsetDateTime::UNIX_EPOCH,
        reason: "its parent is not in the trail".to_owned(),
        taken_at: None,
        event: None,
        line: Some("x".to_owned()),
    };
    spool.dead_letters().append(&[]).expect("nothing to do");
    assert!(!spool.dead_letters().path().exists());
    spool.dead_letters().append(&[letter.clone(), letter.clone()]).expect("written");
    let text = std::fs::read_to_string(spool.dead_letters().path()).expect("text");
    std::fs::write(spool.dead_letters().path(), &text[..text.len() - 3]).expect("written");
    spool.dead_letters().append(&[letter]).expect("written");

    let text = std::fs::read_to_string(spool.dead_letters().path()).expect("text");
    insta::assert_snapshot!(text, @r#"
    {"rejected_at":"1970-01-01T00:00:00Z","reason":"its parent is not in the trail","line":"x"}
    {"rejected_at":"1970-01-01T00:00:00Z","reason":"its parent is not in the trail","line":"x
    {"rejected_at":"1970-01-01T00:00:00Z","reason":"its parent is not in the trail","line":"x"}
    "#);
}
