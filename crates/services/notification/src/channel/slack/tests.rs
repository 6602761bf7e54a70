use proptest::prelude::*;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::mrkdwn::{chunks, escape};
use super::*;
use crate::testing::read_spec;

fn payload_of(input: &Value) -> Value {
    let spec = read_spec(input).expect("a good request");
    payload::payload(&Message::new(Uuid::nil(), OffsetDateTime::UNIX_EPOCH, &spec, "slack"))
}

fn units(text: &Value) -> usize {
    text.as_str().expect("text").encode_utf16().count()
}

/// The text that Slack shows.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[test]
fn a_message_becomes_blocks() {
    let payload = payload_of(&json!({
        "name": "nr-1", "correlation_id": "rr-1", "type": "approval", "priority": "high",
        "subject": "Restart <web-1> & co?", "body": "It ran out of memory.\n<!channel>",
        "labels": { "team": "storage" }, "metadata": { "cluster": "eu-1" },
        "action_links": [
            { "label": "approve", "url": "https://example.org/approve?a=1&b=2" },
            { "label": "runbook", "url": "file 7 in the <red> folder" },
        ],
    }));
    insta::assert_snapshot!(format!("{payload:#}"), @r#"
    {
      "blocks": [
        {
          "text": {
            "text": "Restart &lt;web-1&gt; &amp; co?",
            "type": "plain_text"
          },
          "type": "header"
        },
        {
          "text": {
            "text": "It ran out of memory.\n&lt;!channel&gt;",
            "type": "mrkdwn",
            "verbatim": true
          },
          "type": "section"
        },
        {
          "text": {
            "text": "team: storage\ncluster: eu-1\nrunbook: file 7 in the &lt;red&gt; folder",
            "type": "mrkdwn",
            "verbatim": true
          },
          "type": "section"
        },
        {
          "elements": [
            {
              "text": {
                "text": "approve",
                "type": "plain_text"
              },
              "type": "button",
              "url": "https://example.org/approve?a=1&b=2"
            }
          ],
          "type": "actions"
        },
        {
          "elements": [
            {
              "text": "high · approval · nr-1 · rr-1",
              "type": "mrkdwn",
              "verbatim": true
            }
          ],
          "type": "context"
        }
      ],
      "text": "high: Restart &lt;web-1&gt; &amp; co?"
    }
    "#);
}

#[test]
fn what_slack_would_refuse_as_blank_is_left_out_or_replaced() {
    let payload = payload_of(&json!({
        "name": "nr-1", "correlation_id": "rr-1", "subject": " \n", "body": "\n".repeat(20_000),
        "action_links": [{ "label": " ", "url": "https://example.org/" }],
    }));
    let kinds: Vec<_> = payload["blocks"].as_array().expect("blocks").iter().collect();
    assert_eq!(kinds[0]["text"]["text"], "nr-1");
    let kinds: Vec<_> = kinds.iter().map(|block| block["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["header", "section", "context"]);
}

#[test]
fn the_longest_body_fits() {
    let payload = payload_of(&json!({
        "name": "nr-1", "correlation_id": "rr-1", "subject": "s", "body": "&".repeat(20_000),
    }));
    let blocks = payload["blocks"].as_array().expect("blocks");
    // 600 escapes of five characters fit a section.
    assert_eq!(blocks.len(), 1 + 20_000_usize.div_ceil(600) + 1);
}

#[test]
fn text_is_cut_to_its_limit_and_never_within_an_escape() {
    for (text, limit, expected) in [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("a&b", 7, "a&amp;b"),
        ("a&bc", 7, "a&amp;…"),
        ("a&bc", 6, "a…"),
        ("😀😀", 4, "😀😀"),
        ("😀😀", 3, "😀…"),
    ] {
        assert_eq!(escape(text, limit), expected, "{text} to {limit}");
    }
}

#[test]
fn chunks_end_behind_a_line_and_the_last_one_is_cut() {
    assert_eq!(chunks("aaaa\nbb\ncccc", 8, 9), ["aaaa\nbb\n", "cccc"]);
    assert_eq!(chunks("a\nbbbbbbbbbb", 8, 9), ["a\nbbbbbb", "bbbb"]);
    assert_eq!(chunks("aaaabbbbcccc", 4, 2), ["aaaa", "bbb…"]);
    assert!(chunks("", 4, 2).is_empty());
}

#[test]
fn an_error_does_not_show_the_address() {
    let url = Url::parse("https://example.org/services/T0/B0/XYZ").expect("a URL");
    let said = without(&url, "POST https://example.org/services/T0/B0/XYZ: no /services/T0/B0/XYZ");
    assert_eq!(said, "POST [REDACTED]: no [REDACTED]");
    let bare = Url::parse("https://example.org/").expect("a URL");
    assert_eq!(without(&bare, "a/b"), "a/b");
}

proptest! {
    /// Every payload is valid for Slack: within all limits, and without links,
    /// mentions or cut escapes.
    #[test]
    fn every_limit_is_kept(
        subject in "(?s)[^\0]{1,200}",
        body in "(?s)([^\0]{1,20}|[&<>]{1,900}|\n{1,50}){1,20}",
        entries in proptest::collection::btree_map("[^\0]{1,100}", "[^\0]{0,100}", 0..9),
        links in proptest::collection::vec(("[^\0]{1,100}", "(https?://[a-z]{1,9}/)?[^\0]{1,400}"), 0..=4),
    ) {
        let links: Vec<_> =
            links.iter().map(|(label, url)| json!({ "label": label, "url": url })).collect();
        let payload = payload_of(&json!({
            "name": "nr-1", "correlation_id": "rr-1", "subject": subject, "body": body,
            "metadata": entries, "action_links": links,
        }));
        prop_assert!((1..=4000).contains(&units(&payload["text"])));
        let blocks = payload["blocks"].as_array().expect("blocks");
        prop_assert!(blocks.len() <= 50);
        for block in blocks {
            let (texts, limit) = match block["type"].as_str().expect("a type") {
                "header" => (vec![&block["text"]["text"]], 150),
                "section" => (vec![&block["text"]["text"]], 3000),
                "context" => (vec![&block["elements"][0]["text"]], 2000),
                "actions" => {
                    let buttons = block["elements"].as_array().expect("elements");
                    prop_assert!((1..=25).contains(&buttons.len()));
                    for button in buttons {
                        prop_assert!(units(&button["url"]) <= 3000);
                        let url = button["url"].as_str().expect("an address");
                        prop_assert!(url.starts_with("http://") || url.starts_with("https://"));
                    }
                    (buttons.iter().map(|button| &button["text"]["text"]).collect(), 75)
                }
                other => panic!("no block {other} was asked for"),
            };
            for text in texts {
                prop_assert!((1..=limit).contains(&units(text)), "{}", text);
                let text = text.as_str().expect("text");
                prop_assert!(!text.trim().is_empty());
                prop_assert!(!text.contains(['<', '>']));
                let bare = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
                prop_assert!(!bare.contains('&'), "{}", text);
            }
        }
    }

    #[test]
    fn nothing_is_lost_between_chunks(text in "(?s)([a-z&<>😀]{0,9}\n?){0,20}", limit in 5..40_usize) {
        let chunks = chunks(&text, limit, usize::MAX);
        prop_assert_eq!(chunks.iter().map(|chunk| unescape(chunk)).collect::<String>(), text);
        prop_assert!(chunks.iter().all(|chunk| chunk.encode_utf16().count() <= limit));
    }
}
