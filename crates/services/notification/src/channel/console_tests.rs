use proptest::prelude::*;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::testing::read_spec;

fn rendered(input: &serde_json::Value) -> String {
    let spec = read_spec(input).expect("a good request");
    render(&Message::new(Uuid::nil(), OffsetDateTime::UNIX_EPOCH, &spec, "console"))
}

#[test]
fn a_message_is_lines_for_people() {
    let text = rendered(&json!({
        "name": "nr-1", "correlation_id": "rr-1", "type": "manual-review", "priority": "critical",
        "subject": "Pod web-1 was restarted",
        "body": "It ran out of memory.\r\n\tat web.rs:1\n",
        "labels": { "team": "storage" }, "metadata": { "cluster": "eu-1" },
        "action_links": [{ "label": "approve", "url": "https://example.org/?a=1&b=2" }],
    }));
    insta::assert_snapshot!(text, @r"
    1970-01-01T00:00:00Z CRITICAL manual-review nr-1 (rr-1): Pod web-1 was restarted
      | It ran out of memory.
      | 	at web.rs:1
      = team: storage
      = cluster: eu-1
      > approve: https://example.org/?a=1&b=2
    ");
}

#[test]
fn nothing_in_a_message_passes_for_another_one_or_commands_the_terminal() {
    let evil =
        "a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}";
    let text = rendered(&json!({
        "name": "nr-1", "correlation_id": evil, "subject": evil, "body": evil,
        "labels": { evil: evil }, "metadata": { evil: evil },
        "action_links": [{ "label": evil, "url": evil }],
    }));
    insta::assert_snapshot!(text, @r"
    1970-01-01T00:00:00Z MEDIUM simple nr-1 (a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}): a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}
      | a
      | 1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}
      = a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}: a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}
      = a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}: a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}
      > a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}: a\n1970-01-01T00:00:00Z LOW simple b (c): d\r\u{1b}[2J\u{9b}2J\u{202e}\u{2028}\u{7f}
    ");
}

proptest! {
    #[test]
    fn one_message_begins_one_line(text in "(?s)([a-z ]|\n|\r|\t|\\PC|.){1,200}") {
        prop_assume!(!text.contains('\0'));
        let shown = rendered(&json!({
            "name": "nr-1", "correlation_id": "rr-1", "subject": text, "body": text,
            "metadata": { "key": text }, "action_links": [{ "label": "l", "url": text }],
        }));
        prop_assert!(shown.ends_with('\n'));
        let (first, others) = shown.split_once('\n').expect("a line");
        prop_assert!(first.starts_with("1970-01-01T00:00:00Z MEDIUM simple nr-1 (rr-1): "));
        for line in others.lines() {
            prop_assert!(MARKS.iter().any(|mark| line.starts_with(mark)), "{:?}", line);
        }
        let allowed = |c: char| c == '\n' || !is_unsafe(c);
        prop_assert!(shown.chars().all(allowed), "{:?}", shown);
    }
}
