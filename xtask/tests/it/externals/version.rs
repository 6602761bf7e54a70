//! What a program says of itself, bounded and harmless to a terminal.

use std::time::{Duration, Instant};

use crate::exit;
use crate::project::Project;

use super::fixture::with_helper;

/// The version of `helper`, as the report has it.
fn version(project: &Project) -> serde_json::Value {
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    project.finished().pop().unwrap().json("report.json")["externals"][0]["version"].clone()
}

#[test]
fn the_first_line_is_kept_with_its_control_characters_escaped() {
    let project = with_helper(
        "args = [\"serve\"]\nprocess.args = [\"wait\", \"{self.volume}\"]\nvolume = \"/data\"",
        r#"fn main() {
            let arguments: Vec<String> = std::env::args().skip(1).collect();
            match arguments[0].as_str() {
                "--version" => println!("\nhelper \x1b[31m1.0{}\nsecond", "x".repeat(1000)),
                "wait" => {
                    assert!(std::path::Path::new(&arguments[1]).is_dir());
                    // A folder of the run, and empty.
                    std::fs::write("written", "").unwrap();
                    assert!(std::env::current_dir().unwrap().ends_with("scratch/helper"));
                    loop { std::thread::park() }
                }
                other => panic!("{other}"),
            }
        }"#,
    );
    let version = version(&project);
    let version = version.as_str().unwrap();
    assert!(version.starts_with("helper \\x1b[31m1.0xx"), "{version}");
    assert!(version.len() < 200, "{version}");
}

#[test]
fn one_that_does_not_tell_is_not_waited_for() {
    let project = with_helper(
        "",
        "fn main() {
             let flood = std::env::args().nth(1).is_some_and(|argument| argument == \"--version\");
             while flood { println!(\"{}\", \"x\".repeat(4096)) }
             loop { std::thread::park() }
         }",
    );
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    let started = Instant::now();
    assert_eq!(version(&project), serde_json::Value::Null);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}
