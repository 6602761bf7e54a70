use camino::Utf8PathBuf;

use super::*;

#[test]
fn what_is_in_the_log_already_is_not_written_again() {
    let temp = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::try_from(temp.path().join("a.log")).unwrap();
    let log = Arc::new(Mutex::new(BoundedLog::open(&path).unwrap()));
    lock(&log).write(b"one\n").unwrap();
    let mut tail = Tail { log, skip: 4, length: 0, begun: None };
    for part in ["on", "e\ntw", "o\n"] {
        tail.write_all(part.as_bytes()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    assert_eq!(tail.length, 8);
}
