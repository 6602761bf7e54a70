//! Measuring against containers that are made by hand.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{images, lines, on};
use crate::bench::hanging;
use crate::exit;
use crate::project::Output;
use crate::wait::{Look, until};

/// What an engine has of a bench.
fn left(engine: &str, output: &Output) -> Vec<String> {
    let told = output.stderr.split_once("the id ").expect("a bench tells its id").1;
    let id = told.split_whitespace().next().unwrap();
    let label = format!("label=onetag.bench={id}");
    let mut left = lines(engine, &["ps", "--all", "--filter", &label, "--format", "{{.Names}}"]);
    left.extend(lines(engine, &["network", "ls", "--filter", &label, "--format", "{{.Name}}"]));
    left.extend(images(engine).into_iter().filter(|name| name.contains(id)));
    left
}

#[test]
fn all_three_ways_are_measured_and_nothing_is_left() {
    let project = on("podman");
    std::fs::create_dir(project.path("beta/assets")).unwrap();
    project.write("beta/assets/greeting.txt", "hello");
    project.replace("beta/Cargo.toml", "port = 8080", "port = 8080\nfiles = [\"assets\"]");
    let bench = ["bench", "alpha", "--on", "podman", "--pairs", "1", "--format", "json"];
    // Three ways in three cases, each of which builds and starts everything.
    let output = project.xtask(bench).start().finish_within(Duration::from_secs(300));
    let document: Value = serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap();
    assert_eq!(document["on"], "podman");
    assert_eq!(document["tests"], 2);
    for case in document["cases"].as_array().unwrap() {
        let steps = case["by_hand"]["steps"].as_array().unwrap().iter();
        let steps: Vec<&Value> = steps.map(|step| &step["step"]).collect();
        let wanted = ["build", "image", "save", "load", "start", "test", "remove"];
        assert_eq!(json!(steps), json!(wanted));
        for way in ["by_hand", "onetag", "process"] {
            let seconds = |what: &str| case[way][what].as_f64().unwrap();
            assert!(0.0 < seconds("verdict") && seconds("verdict") < seconds("seconds"));
        }
    }
    assert_eq!(left("podman", &output), [""; 0]);
    project.assert_nothing_is_left();
}

#[test]
fn a_bench_that_is_ended_leaves_nothing_in_the_engine() {
    let ends = [("podman", Signal::INT), ("podman", Signal::KILL), ("docker", Signal::KILL)];
    for (engine, signal) in ends {
        let project = on(engine);
        let bench = hanging(&project, &["--on", engine]);
        bench.signal(signal);
        let output = bench.finish();
        if signal == Signal::INT {
            output.exits(exit::SIGINT);
            assert_eq!(left(engine, &output), [""; 0]);
            project.assert_nothing_is_left();
        }
        until("nothing is left of the bench", || match left(engine, &output) {
            nothing if nothing.is_empty() => Look::Done(()),
            left => Look::NotYet(format!("{left:?}")),
        });
        // Who removed it may not have ended yet.
        project.wait_until_nothing_is_left();
    }
}

#[test]
fn a_container_that_ends_says_so_and_is_removed() {
    let project = on("podman");
    project.beta_begins_with("eprintln!(\"no luck\"); std::process::exit(3);");
    let output = project.xtask(["bench", "alpha", "--on", "podman"]).run();
    output
        .exits(exit::FAILURE)
        .says("service `beta` ended before it was ready, started by hand; its log is");
    assert!(project.read("target/onetag/bench/by-hand/beta.log").contains("no luck"));
    assert_eq!(left("podman", &output), [""; 0]);
}
