//! `up` on a kept run: replacing what changed, starting again what died.

use crate::exit;
use crate::project::Project;

#[test]
fn what_changed_is_refused_until_up_replaces_it() {
    let project = Project::new();
    let run = project.up();
    let (before, alpha) = (run.environment(), project.process("alpha"));
    project.replace("beta/src/main.rs", "hello from beta", "hello again from beta");

    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE).does_not_say("Nextest run ID");
    insta::assert_snapshot!(output.error(), @r"
    error: phase witness failed
      because: the kept run is stale: `beta` is not what was built just now
    hint: cargo xtask up alpha
    ");

    let output = project.xtask(["test", "alpha", "--format", "json"]).run();
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let report = &document["runs"][0];
    assert_eq!(report["tag"], before.tag);
    let beta = report["services"].as_array().unwrap().iter().find(|one| one["service"] == "beta");
    assert_eq!(beta.unwrap()["digests"]["manifest"], before.services["beta"].digest);

    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::SUCCESS).says("replaced: beta; unchanged: alpha");
    let after = run.environment();
    assert_eq!(project.process("alpha"), alpha);
    assert_eq!(after.tag, format!("alpha-{}.2", run.id()));
    assert_eq!(after.services["alpha"], before.services["alpha"]);
    assert_eq!(after.services["beta"].address, before.services["beta"].address);
    assert_eq!(after.services["beta"].image, format!("localhost/beta:{}", after.tag));
    assert_ne!(after.services["beta"].digest, before.services["beta"].digest);
    assert!(run.get("beta", "/about").contains("greeting=hello again from beta"));
    assert_eq!(run.get("beta", "/starts"), "xx", "beta's data is gone");

    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    project.assert_nothing_is_left();
}

#[test]
fn a_port_and_a_volume_that_changed_are_refused_until_up_replaces_the_service() {
    let project = Project::new();
    let run = project.up();
    // The first two are what others are told of it, too.
    for (was, is, replaced) in [
        ("port = 8080", "port = 8081", "replaced: alpha, beta"),
        ("port = 8081", "port = 8081\nports.grpc = 9090", "replaced: alpha, beta"),
        ("volume = \"/data\"", "volume = \"/daten\"", "replaced: beta; unchanged: alpha"),
    ] {
        project.replace("beta/Cargo.toml", was, is);
        project
            .xtask(["test", "alpha"])
            .run()
            .exits(exit::FAILURE)
            .says("`beta` has other settings in its metadata now");
        project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says(replaced);
        project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    }
    assert!(run.environment().services["beta"].ports.contains_key("grpc"));
}

#[test]
fn a_service_that_died_is_started_again_where_it_was() {
    let project = Project::new();
    let run = project.up();
    let (url, alpha) = (run.url("beta"), project.process("alpha"));
    project.process("beta").unwrap().kill();

    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: service `beta` of the kept run has ended
    hint: cargo xtask up alpha
    ");
    let output = project.nextest().run();
    output.exits(exit::HOOK_FAILED);
    insta::assert_snapshot!(output.error(), @r"
    error: service `beta` of this run was ended by SIGKILL
    hint: cargo xtask up alpha
    ");

    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::SUCCESS).says("started again: beta; unchanged: alpha");
    assert_eq!((run.url("beta"), project.process("alpha")), (url, alpha));
    assert_eq!(run.get("beta", "/starts"), "xx");
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
}

#[test]
fn services_die_with_their_keeper_and_up_brings_them_back() {
    let project = Project::new();
    let run = project.up();
    let before = run.environment();
    let services = ["alpha", "beta"].map(|name| project.process(name).unwrap());
    project.process("keeper").unwrap().kill();
    services.iter().for_each(|service| service.wait_until_gone());

    let output = project.xtask(["test", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: the services of the kept run are gone
      because: the keeper of run [run id] does not answer
      because: Connection refused (os error 111)
    hint: cargo xtask up alpha
    ");
    let output = project.nextest().run();
    output.exits(exit::HOOK_FAILED);
    insta::assert_snapshot!(output.error(), @r"
    error: the run of `alpha` is over
      because: the keeper of run [run id] does not answer
      because: Connection refused (os error 111)
    hint: cargo xtask up alpha
    ");

    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::SUCCESS).says("its keeper was gone and was started again");
    assert_eq!(run.environment(), before);
    assert_eq!(run.get("beta", "/starts"), "xx");
    project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    // The keeper that was started again outlives the command that started it.
    assert!(project.process("keeper").is_some());
}

#[test]
fn up_that_has_nothing_to_do_changes_nothing() {
    let project = Project::new();
    let run = project.up();
    let before = (project.processes(), run.environment());
    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::SUCCESS).says("unchanged: alpha, beta");
    assert_eq!((project.processes(), run.environment()), before);
}

#[test]
fn up_and_test_are_one_command() {
    let project = Project::new();
    let output = project.xtask(["up", "alpha", "--test"]).run();
    output.exits(exit::SUCCESS).says("3 tests run: 3 passed").says("kept: ");
    let (run, alpha) = (project.kept_run(), project.process("alpha"));

    project.replace("beta/src/main.rs", "hello from beta", "hello again from beta");
    let one = ["--", "-E", "test(services_find_each_other)"];
    let output = project.xtask(["up", "alpha", "--test"].into_iter().chain(one)).run();
    output.exits(exit::SUCCESS).says("replaced: beta; unchanged: alpha").says("1 passed");
    assert!(run.get("beta", "/about").contains("greeting=hello again from beta"));
    assert_eq!(project.process("alpha"), alpha);

    project.replace("beta/src/main.rs", "hello again from beta", "hello from beta");
    let output = project.xtask(["up", "alpha", "--test", "--", "nosuch"]).run();
    output.exits(exit::NO_TESTS).does_not_say("replaced: ");
    assert!(run.get("beta", "/about").contains("greeting=hello again from beta"));

    project.add_test("red", "panic!(\"red on purpose\");");
    let output = project.xtask(["up", "alpha", "--test"]).run();
    output.exits(exit::TESTS_FAILED).says("replaced: beta");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says("unchanged: alpha, beta");
}

#[test]
fn up_that_fails_is_mended_by_the_next_one() {
    let project = Project::new();
    let run = project.up();
    project.beta_begins_with("panic!(\"not today\");");
    let output = project.xtask(["up", "alpha"]).run();
    output.exits(exit::FAILURE).says("not today");
    project.replace("beta/src/main.rs", "panic!(\"not today\");", "");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(run.environment().tag, format!("alpha-{}.3", run.id()));
}

#[test]
fn what_an_up_that_failed_left_running_is_not_tested() {
    let project = Project::new();
    let run = project.up();
    project.replace("beta/src/main.rs", "Some(\"ready\".to_owned())", "None");
    let output = project.xtask(["up", "alpha", "--ready-timeout", "1s"]).run();
    output.exits(exit::FAILURE).says("answers 404");
    // Nothing has proved what runs now.
    let output = project.nextest().run();
    output.exits(exit::HOOK_FAILED).says("hint: `cargo xtask up alpha` writes it anew");
    assert!(!run.path("run.env").exists());
}
