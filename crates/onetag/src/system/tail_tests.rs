use std::fs;

use camino::Utf8PathBuf;
use proptest::prelude::*;

use super::*;

/// The last lines of a file with these bytes.
fn last(bytes: &[u8], count: usize, limit: usize) -> Vec<String> {
    let temp = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::try_from(temp.path().join("a.log")).unwrap();
    fs::write(&path, bytes).unwrap();
    last_lines(&path, count, limit)
}

#[test]
fn a_log_that_is_not_there_has_no_lines() {
    assert!(last_lines("/nowhere/at/all".into(), 3, 100).is_empty());
}

#[test]
fn the_last_lines_are_shown_without_blank_ones() {
    assert_eq!(last(b"one\n\ntwo\r\n  \nthree\n", 2, 100), ["two", "three"]);
    assert_eq!(last(b"one\ntwo\nthree", 9, 10), ["two", "three"]);
}

#[test]
fn control_characters_are_escaped() {
    let lines = last(b"\x1b[31mred\x1b[0m \x07 \0 \xc2\x9b \xff\xe2\x80\xae a\tb\rc", 3, 1000);
    assert_eq!(lines, [r"\x1b[31mred\x1b[0m \x07 \0 \u{9b} �\u{202e} a    b\rc"]);
}

#[test]
fn a_line_without_end_is_shown_by_its_ends() {
    let mut line = b"begin ".to_vec();
    line.extend(vec![b'x'; 1 << 20]);
    line.extend(b" end");
    let lines = last(&line, 3, 1000);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].ends_with(" end") && lines[0].contains(" bytes …] "), "{lines:?}");
    assert!(lines[0].len() <= MAX_LINE, "{}", lines[0].len());
}

const PANIC: &str = "
before
thread 'main' (7) panicked at src/main.rs:3:5:
the cause
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/lib.rs:1:2
  17: main
note: Some details are omitted
";

#[test]
fn frames_are_left_out() {
    let shown = [
        "before",
        "thread 'main' (7) panicked at src/main.rs:3:5:",
        "the cause",
        "stack backtrace: [3 lines left out]",
        "note: Some details are omitted",
    ];
    assert_eq!(last(PANIC.as_bytes(), 12, 1000), shown);
    assert_eq!(last(PANIC.as_bytes(), 4, 1000), shown[1..]);
}

#[test]
fn a_panic_is_shown_whatever_comes_after_it() {
    let after: String = (0..100).map(|number| format!("line {number}\n")).collect();
    let lines = last(format!("{PANIC}{after}").as_bytes(), 6, 1000);
    let panic = "thread 'main' (7) panicked at src/main.rs:3:5:";
    let backtrace = "stack backtrace: [3 lines left out]";
    assert_eq!(lines, [panic, "the cause", backtrace, "[…]", "line 98", "line 99"]);
}

proptest! {
    #[test]
    fn what_is_shown_is_bounded_and_harmless(
        bytes in prop::collection::vec(any::<u8>(), 0..4096),
        count in 0..20usize,
        limit in 600..2000usize,
    ) {
        let lines = last(&bytes, count, limit);
        prop_assert!(lines.len() <= count);
        prop_assert!(lines.iter().map(|line| line.len() + 1).sum::<usize>() <= limit);
        prop_assert!(!lines.iter().any(|line| line.contains(|c: char| c.is_control())));
    }

    #[test]
    fn a_printable_line_is_short(text in ".*", limit in 40..200usize) {
        prop_assert!(printable(&text, limit).len() <= limit);
    }
}
