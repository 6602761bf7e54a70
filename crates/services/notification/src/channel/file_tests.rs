use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::testing::spec;

fn output() -> (Files, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Files::open(folder.path().to_owned()).expect("a folder"), folder)
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().display().to_string()).collect()
}

#[test]
fn a_write_that_outlived_its_attempt_leaves_no_file() {
    // With one thread that may block, this test decides when the write begins.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .expect("a runtime");
    let (files, folder) = output();
    runtime.block_on(async {
        let (begin, begun) = std::sync::mpsc::channel::<()>();
        let busy = tokio::task::spawn_blocking(move || begun.recv());
        let spec = spec("n", &json!([{ "type": "file" }]));
        let message = Message::new(Uuid::nil(), OffsetDateTime::UNIX_EPOCH, &spec, "file");
        let attempt = tokio::time::timeout(Duration::from_millis(20), files.send(&message));
        assert!(attempt.await.is_err(), "the thread is busy");
        drop(begin);
        assert!(busy.await.expect("no panic").is_err());
        // Writes begin in their order.
        tokio::task::spawn_blocking(|| ()).await.expect("no panic");
        assert!(names(&folder).is_empty(), "{:?}", names(&folder));

        let receipt = files.send(&message).await.expect("written");
        let text = std::fs::read_to_string(receipt.location.expect("a path")).expect("a file");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON")["name"], "n");
        assert_eq!(names(&folder).len(), 1, "{:?}", names(&folder));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_at_one_file_do_not_touch_each_others_half() {
    let (files, folder) = output();
    let mut spec = spec("n", &json!([{ "type": "file" }]));
    spec.body = "x".repeat(20_000);
    let message = Message::new(Uuid::nil(), OffsetDateTime::UNIX_EPOCH, &spec, "file");
    for round in 0..40 {
        let send = || files.send(&message);
        let sent = tokio::join!(send(), send(), send(), send());
        for sent in [sent.0, sent.1, sent.2, sent.3] {
            let path = sent.expect("written").location.expect("a path");
            let text = std::fs::read_to_string(path).expect("a file");
            let file = serde_json::from_str::<Value>(&text);
            assert!(file.is_ok(), "half a file in round {round}");
        }
    }
    assert_eq!(names(&folder).len(), 1, "{:?}", names(&folder));
}
