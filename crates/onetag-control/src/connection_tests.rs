use std::os::unix::net::UnixListener;
use std::thread;

use serde_json::{Value, json};

use super::*;
use crate::protocol::{Reply, Request};

const LONG: Duration = Duration::from_secs(10);

/// Connects to a keeper that does `serve` with what it is asked, line by line, and
/// with what it says.
fn with_keeper(
    serve: impl FnOnce(&mut dyn FnMut() -> Value, &mut dyn FnMut(&str)) + Send,
    ask: impl FnOnce(&mut Connection),
) {
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join(socket::NAME)).unwrap();
    let mut connection = Connection::open(folder.path()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut lines = BufReader::new(&stream).lines();
            let mut asked = || serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            serve(&mut asked, &mut |text| (&stream).write_all(text.as_bytes()).unwrap());
        });
        ask(&mut connection);
    });
}

/// The answer to a request, as a line.
fn answer(asked: &Value, text: &str) -> String {
    let (protocol, number) = (&asked["protocol"], &asked["number"]);
    json!({ "protocol": protocol, "number": number, "answer": "logs", "text": text }).to_string()
        + "\n"
}

fn logs(connection: &mut Connection, within: Duration) -> Result<Reply, ConnectionError> {
    connection.ask(&Request::Logs { service: "a".to_owned() }, within)
}

fn assert_next_is_in_time(connection: &mut Connection) {
    let answer = logs(connection, LONG).unwrap();
    assert_eq!(answer, Reply::Logs { text: "in time".to_owned() });
}

#[test]
fn an_answer_that_comes_late_is_dropped() {
    with_keeper(
        |asked, say| {
            let (first, second) = (asked(), asked());
            say(&answer(&first, "late"));
            say(&answer(&second, "in time"));
        },
        |connection| {
            let error = logs(connection, Duration::from_millis(1)).unwrap_err();
            assert_eq!(error.to_string(), "the keeper did not answer within 1ms");
            assert_next_is_in_time(connection);
        },
    );
}

#[test]
fn a_line_that_comes_in_two_parts_is_one() {
    with_keeper(
        |asked, say| {
            let first = answer(&asked(), "late");
            let (one, two) = first.split_at(20);
            say(one);
            let second = asked();
            say(two);
            say(&answer(&second, "in time"));
        },
        |connection| {
            let error = logs(connection, Duration::from_millis(20)).unwrap_err();
            assert!(matches!(error, ConnectionError::TimedOut(_)), "{error}");
            assert_next_is_in_time(connection);
        },
    );
}

#[test]
fn a_keeper_of_another_version_is_named_as_such() {
    with_keeper(
        |asked, say| {
            asked();
            // As the first version answered, which had no numbers.
            say("{\"answer\":\"done\"}\n");
        },
        |connection| {
            let error = logs(connection, LONG).unwrap_err().to_string();
            let expected = "another version of the harness started this run: \
                            its keeper speaks protocol 1, not 3";
            assert_eq!(error, expected);
        },
    );
}
