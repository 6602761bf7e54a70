//! The life cycle that the kit gives to a service, tested on the smallest
//! service as a process with real signals.

mod process;

use std::time::{Duration, Instant};

use process::{DEADLINE, TestSink, command};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Programs a slow answer and requests it from another thread. Returns when the
/// sink has the request.
fn ask_slowly(
    sink: &mut TestSink,
    delay_ms: u64,
) -> std::thread::JoinHandle<Result<u16, ureq::Error>> {
    let url = format!("{}/hook/slow", sink.url);
    ureq::put(format!("{url}/responses"))
        .send_json(json!([{ "status": 200, "delay_ms": delay_ms }]))
        .expect("the sink can be programmed");
    let request = std::thread::spawn(move || {
        ureq::post(&url).send("{}").map(|response| response.status().as_u16())
    });
    sink.wait_for_line("recorded").expect("the request arrives");
    request
}

fn problem_of(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    response.expect("an answer").body_mut().read_json().expect("JSON")
}

fn patient() -> ureq::Agent {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE));
    config.build().into()
}

#[test]
fn requests_in_flight_are_answered_after_sigterm() {
    let mut sink = TestSink::start(&[]).expect("the sink starts");
    let request = ask_slowly(&mut sink, 300);
    sink.signal(Signal::TERM).expect("the sink runs");

    assert_eq!(request.join().expect("no panic").expect("an answer"), 200);
    assert_eq!(sink.wait().expect("the sink ends").code(), Some(0));
    let last = sink.log.last().expect("a last line");
    assert_eq!(last["message"], "stopped");
    assert!(patient().get(&sink.url).call().is_err(), "nobody listens any more");
}

#[test]
fn ready_turns_503_while_a_stopping_service_still_answers() {
    let mut sink = TestSink::start(&[("STOP_DELAY", "10m")]).expect("the sink starts");
    let ready = format!("{}/health/ready", sink.url);
    assert_eq!(patient().get(&ready).call().expect("an answer").status(), 200);

    sink.signal(Signal::TERM).expect("the sink runs");
    sink.wait_for_line("stopping").expect("the signal arrives");
    let deadline = Instant::now() + DEADLINE;
    let problem = loop {
        let problem = problem_of(patient().get(&ready).call());
        if problem["status"] == 503 || Instant::now() > deadline {
            break problem;
        }
    };
    assert_eq!(problem["type"], "urn:problem:service-unavailable", "{problem}");
    assert_eq!(problem["detail"], "sink is stopping");
    let hook = format!("{}/hook/a", sink.url);
    assert_eq!(patient().post(&hook).send("{}").expect("an answer").status(), 200);

    // The second signal ends the service at once, despite the delay of ten
    // minutes.
    let start = Instant::now();
    sink.signal(Signal::TERM).expect("the sink runs");
    assert_eq!(sink.wait().expect("the sink ends").code(), Some(128 + 15));
    assert!(start.elapsed() < Duration::from_secs(5), "the second signal was not obeyed at once");
}

#[test]
fn idle_connections_do_not_hold_up_the_end() {
    let mut sink = TestSink::start(&[]).expect("the sink starts");
    let agent = patient();
    let live = format!("{}/health/live", sink.url);
    agent.get(&live).call().expect("an answer").body_mut().read_to_string().expect("text");

    // The agent keeps its connection open.
    let start = Instant::now();
    sink.signal(Signal::INT).expect("the sink runs");
    assert_eq!(sink.wait().expect("the sink ends").code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "the idle connection was waited for");
}

#[test]
fn every_log_line_of_a_request_has_its_id() {
    let mut sink = TestSink::start(&[("ONETAG_RUN_ID", "0193")]).expect("the sink starts");
    let hook = format!("{}/hook/a", sink.url);
    let mut response =
        patient().post(&hook).header("x-request-id", "id-7").send("{}").expect("an answer");
    assert_eq!(response.headers()["x-request-id"], "id-7");
    response.body_mut().read_to_string().expect("text");

    sink.wait_for_line("answered").expect("the request is logged");
    let lines: Vec<_> =
        sink.log.iter().filter(|line| line["span"]["request_id"] == "id-7").collect();
    let messages: Vec<_> = lines.iter().map(|line| &line["message"]).collect();
    assert_eq!(messages, ["recorded", "answered"]);
    assert_eq!(lines[1]["status"], 200);

    let version: Value = patient()
        .get(format!("{}/version", sink.url))
        .call()
        .expect("an answer")
        .body_mut()
        .read_json()
        .expect("JSON");
    assert_eq!(version["service"], "sink");
    assert_eq!(version["run_id"], "0193");
}

#[test]
fn a_body_that_is_too_large_is_answered_although_the_client_is_still_sending() {
    let sink = TestSink::start(&[]).expect("the sink starts");
    let hook = format!("{}/hook/a", sink.url);
    let body = vec![b'x'; 4 * 1024 * 1024];
    let problem = problem_of(patient().post(&hook).send(&body[..]));
    assert_eq!(problem["type"], "urn:problem:payload-too-large");
}

#[test]
fn a_start_that_cannot_work_ends_with_one_sentence() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let taken = holder.local_addr().expect("it is bound").to_string();
    let output = command().env("LISTEN_ADDR", &taken).output().expect("the sink runs");
    assert_eq!(output.status.code(), Some(1));
    let line: Value = serde_json::from_slice(&output.stderr).expect("one JSON line");
    assert_eq!(line["level"], "ERROR");
    let message = line["message"].as_str().expect("a message");
    assert!(message.starts_with(&format!("cannot listen on {taken} (LISTEN_ADDR): ")), "{message}");

    let output = command().env("LISTEN_ADDR", "here").output().expect("the sink runs");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(text.starts_with("error: invalid value 'here' for '--listen <LISTEN_ADDR>'"), "{text}");
}
