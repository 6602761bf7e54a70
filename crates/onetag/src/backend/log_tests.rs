use camino::Utf8PathBuf;
use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits { all: 1000, head: 100, end: 300, chunk: 50 };

fn path(temp: &tempfile::TempDir) -> Utf8PathBuf {
    Utf8PathBuf::try_from(temp.path().join("a.log")).unwrap()
}

/// Bytes that tell where they stand.
fn numbered(length: usize) -> Vec<u8> {
    (0..).flat_map(|number: u32| format!("{number} ").into_bytes()).take(length).collect()
}

#[test]
fn a_short_log_is_kept_as_it_is() {
    let temp = tempfile::tempdir().unwrap();
    for part in ["one\n", "two\n"] {
        BoundedLog::open(&path(&temp)).unwrap().write(part.as_bytes()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path(&temp)).unwrap(), "one\ntwo\n");
}

#[test]
fn a_mark_has_always_the_same_length() {
    for cut in [0, 1, u64::MAX] {
        assert_eq!(mark(cut).len() as u64, MARK);
        assert_eq!(parse_mark(&mark(cut)), Some(cut));
    }
}

proptest! {
    /// Whatever is written in whatever parts, over however many starts.
    #[test]
    fn beginning_and_end_are_kept_and_the_cut_is_counted(
        parts in prop::collection::vec((1..700usize, any::<bool>()), 1..40),
    ) {
        let temp = tempfile::tempdir().unwrap();
        let path = path(&temp);
        let all = numbered(parts.iter().map(|(length, _)| length).sum());
        let mut log = BoundedLog::with(&path, SMALL).unwrap();
        let mut rest = all.as_slice();
        for (length, again) in parts {
            if again {
                log = BoundedLog::with(&path, SMALL).unwrap();
            }
            let (part, others) = rest.split_at(length);
            log.write(part).unwrap();
            rest = others;
            prop_assert!(std::fs::metadata(&path).unwrap().len() <= SMALL.all);
        }
        let kept = std::fs::read(&path).unwrap();
        if all.len() as u64 <= SMALL.all {
            prop_assert_eq!(kept, all);
        } else {
            let (head, rest) = kept.split_at(SMALL.head as usize);
            let (mark, end) = rest.split_at(MARK as usize);
            prop_assert!(all.starts_with(head) && all.ends_with(end));
            prop_assert!(end.len() as u64 >= SMALL.end);
            let cut = parse_mark(mark).unwrap();
            prop_assert_eq!(cut, (all.len() - head.len() - end.len()) as u64);
        }
    }
}
