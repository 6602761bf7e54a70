//! A run in which everything goes well.

use serde_json::Value;

use crate::exit;
use crate::project::{Project, redact};

#[test]
fn a_green_run_leaves_its_report_and_nothing_else() {
    let project = Project::new();
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::SUCCESS);
    project.assert_nothing_is_left();

    let run = project.finished_run();
    let report = run.json("report.json");
    assert_eq!(report["run_id"], run.id());
    assert_eq!(report["tag"], format!("alpha-{}", run.id()));
    assert_eq!(report["folder"], run.folder().as_str());
    assert_eq!(report["tests"]["passed"], 3);
    assert_eq!(
        run.names(),
        ["junit.xml", "ledger.jsonl", "logs", "plan.json", "report.json", "witness.json"]
    );
    assert!(run.read("logs/beta.log").contains("beta listens on 127.0.0.1:"));
    output.says(&format!("localhost/beta:alpha-{}\n", run.id()));
    output.says(&format!("report and logs: target/onetag/finished/{}", run.id()));
}

#[test]
fn the_document_on_stdout_is_the_whole_of_it() {
    let project = Project::new();
    let output = project.xtask(["e2e", "alpha", "--format", "json"]).run();
    let mut document: Value = serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap();
    without_seconds(&mut document);
    let text = serde_json::to_string_pretty(&document).unwrap();
    insta::assert_snapshot!(redact(&text), @r#"
    {
      "error": null,
      "exit": 0,
      "runs": [
        {
          "backend": "process",
          "consumer": "alpha",
          "error": null,
          "exit": 0,
          "externals": [],
          "failed_phase": null,
          "folder": "[temp]/pair/target/onetag/finished/[run id]",
          "kept": false,
          "killed": [],
          "leftovers": [],
          "phases": [
            {
              "phase": "mint",
              "seconds": "[seconds]"
            },
            {
              "phase": "build",
              "seconds": "[seconds]"
            },
            {
              "phase": "prepare",
              "seconds": "[seconds]"
            },
            {
              "phase": "select",
              "seconds": "[seconds]"
            },
            {
              "phase": "load",
              "seconds": "[seconds]"
            },
            {
              "phase": "deploy",
              "seconds": "[seconds]"
            },
            {
              "phase": "witness",
              "seconds": "[seconds]"
            },
            {
              "phase": "test",
              "seconds": "[seconds]"
            },
            {
              "phase": "witness",
              "seconds": "[seconds]"
            },
            {
              "phase": "teardown",
              "seconds": "[seconds]"
            }
          ],
          "run_id": "[run id]",
          "seconds": "[seconds]",
          "services": [
            {
              "digests": {
                "config": "sha256:[digest]",
                "executable": "sha256:[digest]",
                "manifest": "sha256:[digest]"
              },
              "reference": "localhost/beta:alpha-[run id]",
              "service": "beta",
              "url": "http://[address]"
            },
            {
              "digests": {
                "config": "sha256:[digest]",
                "executable": "sha256:[digest]",
                "manifest": "sha256:[digest]"
              },
              "reference": "localhost/alpha:alpha-[run id]",
              "service": "alpha",
              "url": "http://[address]"
            }
          ],
          "tag": "alpha-[run id]",
          "tests": {
            "failed": 0,
            "passed": 3,
            "skipped": {}
          }
        }
      ],
      "schema": 1
    }
    "#);
}

#[test]
fn a_command_that_fails_before_any_run_is_a_document_too() {
    let project = Project::new();
    let output = project.xtask(["e2e", "alhpa", "--format", "json"]).run();
    let document: Value = serde_json::from_str(&output.exits(exit::USAGE).stdout).unwrap();
    assert_eq!(document["exit"], exit::USAGE);
    assert_eq!(document["runs"], Value::Array(vec![]));
    assert!(document["error"].as_str().unwrap().contains("no suite named `alhpa`"), "{output}");
    output.says("error: no suite named `alhpa`");
}

#[test]
fn all_suites_are_run_on_request() {
    let project = Project::new();
    let output = project.xtask(["e2e", "--all"]).run();
    output.exits(exit::SUCCESS).says("3 tests run: 3 passed");
    project.xtask(["e2e", "alpha", "alpha"]).run().exits(exit::USAGE).says("named twice");
}

/// Replaces all durations.
fn without_seconds(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match key.as_str() {
                    "seconds" => *value = "[seconds]".into(),
                    _ => without_seconds(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(without_seconds),
        _ => {}
    }
}

/// Following the alias would cost a second look of cargo at the whole workspace.
#[test]
fn the_hook_is_the_program_that_drives_the_run() {
    let project = Project::new();
    project.remove_program("cargo-xtask");
    std::fs::create_dir(project.path(".cargo")).unwrap();
    project.write(".cargo/config.toml", "[alias]\nxtask = 'run --package nothing-of-this-name'\n");
    project.directly(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
}
