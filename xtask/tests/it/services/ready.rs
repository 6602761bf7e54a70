//! When a service counts as ready, and what is said when it does not become so.

use std::time::Instant;

use crate::exit;
use crate::project::{Output, Project};

/// A run of the suite whose `beta` answers so.
fn with_answer(statements: &str, limit: &str) -> (Project, Output) {
    let project = Project::new();
    project.has_no_questions();
    project.beta_answers(statements);
    let output = project.xtask(["e2e", "alpha", "--ready-timeout", limit]).run();
    (project, output)
}

#[test]
fn an_answer_may_take_as_long_as_the_limit_leaves() {
    let answer = "wait(2.5); write!(stream, \"HTTP/1.1 200 OK\\r\\n\\r\\n\").unwrap();";
    let (project, output) = with_answer(answer, "30s");
    output.exits(exit::SUCCESS);
    assert_eq!(project.finished_run().read("logs/beta.log").matches("asked: ").count(), 1);
}

#[test]
fn the_status_line_decides_whatever_follows() {
    let answer =
        "write!(stream, \"HTTP/1.1 204 No Content\\r\\nContent-Length: many\\r\\nX\").unwrap();
                  wait(600.0);";
    with_answer(answer, "20s").1.exits(exit::SUCCESS);
}

#[test]
fn a_redirection_is_not_ready() {
    let answer =
        "write!(stream, \"HTTP/1.1 302 Found\\r\\nLocation: /about\\r\\n\\r\\n\").unwrap();";
    with_answer(answer, "1s").1.exits(exit::FAILURE).says("answers 302");
}

#[test]
fn the_limit_that_was_hit_is_named() {
    let (_project, output) = with_answer("wait(600.0);", "1s");
    output.exits(exit::FAILURE).says("took longer than 1s, the limit of `--ready-timeout`");
    output.says("it has not answered for ").says("`ready` in ");
}

#[test]
fn a_signal_ends_the_wait_for_an_answer() {
    let project = Project::new();
    project.has_no_questions();
    project.beta_answers("wait(600.0);");
    let harness = project.xtask(["e2e", "alpha"]).start();
    project.wait_for_process("beta");
    let started = Instant::now();
    harness.signal(rustix::process::Signal::INT);
    harness.finish().exits(exit::SIGINT);
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

/// What is said while the wait still goes on.
fn said_early(output: &Output) -> String {
    let said: Vec<&str> =
        output.stderr.lines().take_while(|line| !line.starts_with("  deploy ")).collect();
    said.join("\n")
}

#[test]
fn a_steady_404_is_said_while_the_wait_goes_on() {
    let answer = "write!(stream, \"HTTP/1.1 404 Not Found\\r\\n\\r\\n\").unwrap();";
    let (project, output) = with_answer(answer, "8s");
    output.exits(exit::FAILURE).says("answers 404");
    let early = said_early(&output);
    assert!(early.contains("404") && early.contains("beta/Cargo.toml"), "{output}");
    // It is asked quickly at first, then ever more slowly.
    let asked = project.finished_run().read("logs/beta.log").matches("asked: ").count();
    assert!((20..100).contains(&asked), "asked {asked} times");
}

#[test]
fn a_service_that_listens_elsewhere_is_said_so_while_the_wait_goes_on() {
    let project = Project::new();
    project.has_no_questions();
    project.beta_begins_with(
        "let elsewhere = std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap();
         eprintln!(\"elsewhere: {}\", elsewhere.local_addr().unwrap());
         std::thread::park();",
    );
    let output = project.xtask(["e2e", "alpha", "--ready-timeout", "7s"]).run();
    output.exits(exit::FAILURE);
    let log = project.finished_run().read("logs/beta.log");
    let elsewhere = log.trim().strip_prefix("elsewhere: ").unwrap();
    let early = said_early(&output);
    assert!(early.contains(&format!("`beta` listens on {elsewhere}")), "{output}");
    let late = output.stderr.replace(&early, "");
    assert!(late.contains(&format!("listens on {elsewhere}")), "{output}");
}

#[test]
fn a_service_that_speaks_http_2_only_is_said_so_while_the_wait_goes_on() {
    // As hyper and grpc-go do: settings first, and then HTTP/1 is no greeting.
    let answers = [
        "stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap();",
        "if asked == \"PRI * HTTP/2.0\" { stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap(); }",
    ];
    for answer in answers {
        let (_project, output) = with_answer(answer, "7s");
        output.exits(exit::FAILURE);
        let early = said_early(&output);
        assert!(early.contains("HTTP/2") && early.contains("ready = \"tcp\""), "{output}");
    }
}
