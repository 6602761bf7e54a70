//! What a test prints is not read: it is a pass if it passes.

use crate::exit;
use crate::project::Project;

#[test]
fn a_printed_line_turns_no_pass_into_a_skip() {
    let project = Project::new();
    project.add_test("prints_to_stdout", "println!(\"skipped: x\");");
    project.add_test("prints_to_stderr", "eprintln!(\"skipped: pause\");");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("5 tests run: 5 passed");
    let report = project.finished_run().json("report.json");
    assert_eq!(report["tests"]["passed"], 5, "{report}");
    assert_eq!(report["tests"]["failed"], 0, "{report}");
    assert_eq!(report["tests"]["skipped"], serde_json::json!({}), "{report}");
}
