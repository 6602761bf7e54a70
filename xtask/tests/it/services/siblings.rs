//! A service that dies beside others that are not ready yet.

use std::time::Instant;

use crate::exit;
use crate::project::Project;

#[test]
fn a_service_that_dies_at_once_is_reported_before_its_siblings_are_ready() {
    for ready in ["ready = \"/ready\"", "ready = \"started\""] {
        let project = Project::new();
        project.has_no_questions();
        project.replace("alpha/Cargo.toml", "needs = [\"beta\"]\n", "");
        project.replace("alpha/Cargo.toml", ", BETA_URL = \"{beta.url}\"", "");
        project.append("alpha/Cargo.toml", "needs = [\"beta\"]\n");
        // It never is.
        project.replace("alpha/src/main.rs", "Some(String::new())", "None");
        project.replace("beta/Cargo.toml", "ready = \"/ready\"", ready);
        project.write(
            "beta/src/main.rs",
            "fn main() {
                std::thread::sleep(std::time::Duration::from_millis(300));
                eprintln!(\"dead on arrival\");
                std::process::exit(7)
            }\n",
        );
        let started = Instant::now();
        let output = project.xtask(["e2e", "alpha", "--ready-timeout", "40s"]).run();
        output.exits(exit::FAILURE).says("`beta` ended with code 7").says("dead on arrival");
        output.does_not_say("answers 404");
        assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    }
}
