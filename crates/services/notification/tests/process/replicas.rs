//! Two processes on one PostgreSQL.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};
use testing::TestDatabase;

use crate::service::TestService;

/// How long anything in these tests may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// How many notifications are sent.
const NOTIFICATIONS: usize = 40;

/// Starts a webhook. It reports the idempotency key of each request, and answers
/// all but the first `silent` ones.
fn webhook(silent: usize) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (sender, keys) = channel();
    std::thread::spawn(move || {
        for (number, connection) in listener.incoming().enumerate() {
            let (connection, sender) = (connection.expect("a connection"), sender.clone());
            std::thread::spawn(move || serve(connection, &sender, number >= silent));
        }
    });
    (url, keys)
}

fn serve(connection: TcpStream, keys: &Sender<String>, answers: bool) {
    let mut reader = BufReader::new(&connection);
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        match line.trim().split_once(": ") {
            Some(("idempotency-key", value)) => value.clone_into(&mut key),
            Some(("content-length", value)) => length = value.parse().expect("a number"),
            Some(_) => {}
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).expect("the body");
    // The receiver is gone once the test has ended.
    let _ = keys.send(key);
    if answers {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        (&connection).write_all(answer).expect("an answer");
    } else {
        // Until the other side gives up.
        let _ = (&connection).read(&mut [0]);
    }
}

fn request(name: &str, url: &str) -> Value {
    json!({ "name": name, "correlation_id": "rr-1", "subject": "s", "body": "b",
        "channels": [{ "type": "webhook", "url": url }] })
}

#[test]
fn two_processes_deliver_everything_exactly_once_on_postgres() {
    let database = TestDatabase::postgres();
    let start = || TestService::start(&[("DATABASE_URL", database.url())]).expect("it starts");
    let services = [start(), start()];
    let (url, keys) = webhook(0);
    for number in 0..NOTIFICATIONS {
        services[number % 2].send(request(&format!("n-{number}"), &url));
    }
    for number in 0..NOTIFICATIONS {
        let name = format!("n-{number}");
        services[(number + 1) % 2].wait_until_sent(&name);
        let attempts = services[0].read(&name)["status"]["channels"][0]["attempts"].take();
        assert_eq!(attempts.as_array().map(Vec::len), Some(1), "{attempts:#}");
    }
    // Everything is sent, so nothing comes any more.
    let keys: Vec<_> = keys.try_iter().collect();
    assert_eq!(keys.len(), NOTIFICATIONS);
    assert_eq!(keys.into_iter().collect::<BTreeSet<_>>().len(), NOTIFICATIONS);
}

#[test]
fn the_other_process_repeats_what_a_killed_one_had_begun_on_postgres() {
    let database = TestDatabase::postgres();
    let variables = [("DATABASE_URL", database.url()), ("LEASE", "500ms")];
    let start = || TestService::start(&variables).expect("the service starts");
    let killed = start();
    let (url, keys) = webhook(1);
    killed.send(request("n", &url));
    let first = keys.recv_timeout(DEADLINE).expect("an attempt");
    // Only now: the attempt might be its own.
    let other = start();
    // The lease is renewed: four of them pass, and nobody else sends.
    let second = keys.recv_timeout(Duration::from_secs(2));
    assert!(second.is_err(), "{second:?}");
    drop(killed);
    assert_eq!(keys.recv_timeout(DEADLINE).as_ref(), Ok(&first), "with the same key");
    other.wait_until_sent("n");
    let attempts = other.read("n")["status"]["channels"][0]["attempts"].take();
    let outcomes: Vec<_> = (0..2).map(|number| attempts[number]["outcome"].clone()).collect();
    assert_eq!(outcomes, ["interrupted", "success"], "{attempts:#}");
    assert_eq!(keys.try_iter().count(), 0);
}
