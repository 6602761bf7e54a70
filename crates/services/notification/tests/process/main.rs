//! Tests that need a process: standard output, and failing starts.

mod replicas;
mod service;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use service::{TestService, command};

/// How many messages are sent at once.
const MESSAGES: usize = 40;

/// The lines of the body of each message.
const LINES: usize = 50;

#[test]
fn messages_on_the_console_never_mix_and_nothing_else_is_there() {
    let service = TestService::start(&[]).expect("the service starts");
    let body = (0..LINES).map(|line| format!("line {line}\n")).collect::<String>();
    std::thread::scope(|scope| {
        for number in 0..MESSAGES {
            let request = json!({
                "name": format!("n-{number}"), "correlation_id": "rr-1",
                "subject": format!("subject {number}\n1970-01-01T00:00:00Z"), "body": body,
            });
            scope.spawn(|| service.send(request));
        }
    });
    for number in 0..MESSAGES {
        service.wait_until_sent(&format!("n-{number}"));
    }
    let (status, stdout) = service.stop();
    assert_eq!(status.code(), Some(0));

    let mut lines = stdout.lines();
    let mut seen = BTreeSet::new();
    while let Some(first) = lines.next() {
        let (time, rest) = first.split_once(" MEDIUM simple n-").expect(first);
        assert!(time.ends_with('Z'), "{first}");
        let (number, subject) = rest.split_once(" (rr-1): ").expect(first);
        assert_eq!(subject, format!("subject {number}\\n1970-01-01T00:00:00Z"));
        for line in 0..LINES {
            assert_eq!(lines.next(), Some(&*format!("  | line {line}")), "in {first}");
        }
        assert!(seen.insert(number.to_owned()), "{first} is there twice");
    }
    assert_eq!(seen.len(), MESSAGES);
}

#[test]
fn a_message_whose_write_outlived_its_attempt_is_on_the_console_once() {
    let mut service =
        TestService::start_unread(&[("SEND_TIMEOUT", "100ms")]).expect("the service starts");
    // The first three fill the pipe, which holds 64 KiB.
    let names: Vec<_> = (0..6).map(|number| format!("n-{number}")).collect();
    for name in &names {
        service.send(json!({
            "name": name, "correlation_id": "rr-1", "subject": "s", "body": "x".repeat(19_000),
            "retry": { "initial": "500ms", "factor": 1, "attempts": 20 },
        }));
    }
    for name in &names {
        service.wait_until(name, "tried", |status| {
            status["phase"] == "Sent" || status["channels"][0]["attempts"][0]["error"].is_string()
        });
    }
    service.read_stdout();
    for name in &names {
        service.wait_until_sent(name);
    }
    let (status, stdout) = service.stop();
    assert_eq!(status.code(), Some(0));
    for name in &names {
        let line = format!(" MEDIUM simple {name} (rr-1): s\n");
        assert_eq!(stdout.matches(&line).count(), 1, "{name}");
    }
}

#[test]
fn stored_notifications_keep_the_routing_of_their_creation() {
    let rules = |path: &str| {
        format!(
            "receiver = 'desk'\n[receivers]\ndesk = [{{ type = 'webhook', url = 'http://127.0.0.1:9/{path}' }}]"
        )
    };
    let before = rules("before");
    let service = TestService::start(&[("ROUTING", &before)]).expect("the service starts");
    let request = |name: &str| {
        json!({ "name": name, "correlation_id": "rr-1", "subject": "s", "body": "b",
            "retry": { "initial": "1h", "max": "1h" } })
    };
    service.send(request("before"));
    let after = rules("after");
    let service = service.restart(&[("ROUTING", &after)]).expect("the service starts again");
    service.send(request("after"));
    // Repeating the request changes nothing, although the routing is different
    // now.
    assert_eq!(service.post(&request("before")).0, 200);
    for name in ["before", "after"] {
        let receiver = service.read(name)["receiver"].take();
        assert_eq!(receiver["name"], "desk");
        assert_eq!(receiver["channels"][0]["url"], format!("http://127.0.0.1:9/{name}"));
    }
    assert_eq!(service.stop().0.code(), Some(0));
}

#[test]
fn a_start_that_cannot_work_ends_with_one_sentence_and_shows_no_secret() {
    for (variable, value, sentence) in [
        ("SLACK_URL", "hunter2", "SLACK_URL must be a URL: relative URL without a base"),
        (
            "DATABASE_URL",
            "mysql://ann:hunter2@host/n",
            "error: invalid value for '--database-url <DATABASE_URL>': ",
        ),
        ("DATASTORAGE_URL", "https://ann:hunter2@host", "cannot use DATASTORAGE_URL"),
        ("ROUTING_FILE", "nowhere/routing.toml", "cannot use nowhere/routing.toml (ROUTING_FILE)"),
        (
            "ROUTING",
            "[receivers]\ndesk = [{ type = 'slack', uri = 'https://example.org/hunter2' }]",
            "cannot use ROUTING: line 2, column 27: receivers.desk[0].uri is not a known field",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let output = command(&folder).env(variable, value).output().expect("it runs");
        let text = String::from_utf8(output.stderr).expect("text");
        assert!(!text.contains("hunter2"), "{text}");
        assert!(output.stdout.is_empty());
        if sentence.starts_with("error: ") {
            assert_eq!(output.status.code(), Some(2), "{variable}");
            assert!(text.starts_with(sentence), "{text}");
        } else {
            assert_eq!(output.status.code(), Some(1), "{variable}");
            let line: Value = serde_json::from_str(&text).expect("one JSON line");
            let message = line["message"].as_str().expect("a message");
            assert!(message.starts_with(sentence), "{message}");
        }
    }
}

#[test]
fn help_shows_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut help = command(&folder);
    for variable in ["DATABASE_URL", "DATASTORAGE_URL", "SLACK_URL", "ROUTING"] {
        help.env(variable, "http://ann:hunter2@host/");
    }
    let output = help.arg("--help").output().expect("it runs");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("DATASTORAGE_URL") && !text.contains("hunter2"), "{text}");
}
