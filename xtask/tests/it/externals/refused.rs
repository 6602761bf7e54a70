//! What is refused before anything is made.

use crate::exit;
use crate::project::Project;

use super::fixture::{with_helper, with_redis};

#[test]
fn a_program_that_is_not_there_is_named() {
    let project = with_redis();
    project.replace("Cargo.toml", "\"redis-server\"", "\"redis-sever\"");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build();
    insta::assert_snapshot!(output.error(), @r"
    error: Cargo.toml: workspace.metadata.onetag.externals.redis.program: there is no program `redis-sever` on this machine
    hint: install it, for example with `apt-get install`, or write its absolute path; it is searched for in the folders of PATH
    ");
    assert_eq!(project.runs(), []);
}

#[test]
fn a_backend_that_runs_programs_wants_one() {
    let project = with_redis();
    let image = format!("image = \"docker.io/library/redis@sha256:{}\"", "0".repeat(64));
    project.replace("Cargo.toml", "program = \"redis-server\"", &image);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build();
    insta::assert_snapshot!(output.stderr.lines().next().unwrap(), @"error: Cargo.toml: workspace.metadata.onetag.externals.redis.program is missing: the backend `process` runs programs of this machine");
    // Where it is not needed, nobody asks.
    project.append("alpha/Cargo.toml", "env.alpha = { REDIS_URL = \"\" }\n");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn a_script_is_no_program_that_could_be_compared() {
    let project = with_helper("", "fn main() {}");
    project.program("helper", "#!/bin/sh\nexec sleep 1000\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: phase prepare failed
      because: the external service `helper` cannot run `helper`
      because: [temp]/programs/helper is a script: what would run is its interpreter
    hint: name the program that it starts; the witness compares programs
    ");
}

#[test]
fn a_name_is_a_service_or_an_external_one() {
    let project = Project::new();
    project.append(
        "Cargo.toml",
        "\n[workspace.metadata.onetag.externals.beta]\nprogram = \"redis-server\"\n",
    );
    let output = project.xtask(["e2e", "alpha"]).run();
    output.is_refused_before_the_build();
    insta::assert_snapshot!(output.error(), @r"
    error: Cargo.toml: workspace.metadata.onetag.externals.beta: `beta` is a service as well, of beta/Cargo.toml: package.metadata.onetag
    hint: give one of the two another name
    ");
}
