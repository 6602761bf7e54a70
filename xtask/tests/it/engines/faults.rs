//! What engines do wrong: each command failing, hanging, answering garbage, or lying
//! about a digest. The error says which and how to mend it, and nothing is left.

use rustix::process::Signal;

use super::fake::{FakeEngine, green};
use crate::exit;
use crate::wait::{Look, until};

#[test]
fn a_run_is_green_and_leaves_nothing() {
    let fake = FakeEngine::new();
    for engine in ["podman", "docker"] {
        green(&fake.e2e(engine));
        assert_eq!(fake.has(), [""; 0]);
    }
    assert_eq!(fake.calls("load"), 4);
    // Nothing there has a handler for SIGTERM: it is killed, and not asked first.
    assert_eq!((fake.calls("kill"), fake.calls("stop --time 25")), (4, 0));
}

#[test]
fn each_command_that_fails_ends_the_run() {
    let fake = FakeEngine::new();
    let commands = [
        ("info", "`podman` does not answer"),
        ("network create", "phase prepare failed"),
        ("network inspect", "phase prepare failed"),
        ("load", "cannot load localhost/"),
        ("image inspect", "cannot load localhost/"),
        ("run", "cannot start service `beta`"),
        ("container inspect", "cannot start service `beta`"),
    ];
    for (command, says) in commands {
        fake.fault(command, "fail");
        fake.e2e("podman")
            .exits(exit::FAILURE)
            .says(says)
            .says(&format!("the fake {command} is out of order"))
            .says("nothing is left");
        assert_eq!(fake.has(), [""; 0], "{command}");
        fake.mend(command);
    }
}

#[test]
fn what_cannot_be_removed_is_named() {
    let fake = FakeEngine::new();
    for (command, kind) in [("rm", "container"), ("rmi", "image"), ("network rm", "network")] {
        fake.fault(command, "fail");
        let output = fake.e2e("docker");
        output.exits(exit::FAILURE).says(&format!("left behind: {kind} "));
        for name in fake.has() {
            output.says(&name);
        }
        fake.mend(command);
        fake.clear();
    }
}

#[test]
fn an_answer_that_nobody_understands_is_named() {
    let fake = FakeEngine::new();
    for (command, says) in [
        ("info", "`docker info` answers something unknown"),
        ("image inspect", "`docker image inspect` answers something unknown"),
        ("container inspect", "`docker container inspect` answers something unknown"),
    ] {
        fake.fault(command, "garbage");
        fake.e2e("docker").exits(exit::FAILURE).says(says).says("nothing is left");
        fake.mend(command);
    }
}

#[test]
fn other_bytes_than_those_that_were_built_are_refused() {
    let fake = FakeEngine::new();
    fake.fault("load", "lie");
    fake.e2e("podman").exits(exit::FAILURE).says("has other bytes under the name localhost/");
    fake.mend("load");
    fake.fault("run", "lie");
    fake.e2e("podman").exits(exit::FAILURE).says("phase witness failed");
}

#[test]
fn an_engine_that_is_not_there_or_does_not_answer_is_told_how_to_mend_it() {
    let fake = FakeEngine::new();
    let says = |text: &str| fake.fault("info", &format!("says {text}"));
    says("permission denied while trying to connect to the docker daemon socket");
    fake.e2e("docker").exits(exit::FAILURE).says("hint: become a member of the group `docker`");
    says("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.");
    fake.e2e("docker").exits(exit::FAILURE).says("hint: start its daemon");
    fake.mend("info");
    fake.fault("load", "says writing blob: no space left on device");
    fake.e2e("podman").exits(exit::FAILURE).says("hint: make room where the engine keeps");
    fake.mend("load");
}

#[test]
fn an_engine_that_is_not_there_is_told_by_its_name() {
    let fake = FakeEngine::new();
    fake.project.remove_program("podman");
    for program in ["cargo", "rustc", "cc", "ld", "sh", "cargo-nextest"] {
        fake.project.link_program(program);
    }
    let programs = fake.project.programs();
    let run = fake.xtask(["e2e", "alpha", "--on", "podman"]).env("PATH", programs.as_str()).run();
    run.exits(exit::FAILURE).says("there is no `podman` on PATH").says("hint: ");
}

#[test]
fn a_container_that_ends_at_once_is_told_with_its_last_words() {
    let fake = FakeEngine::new();
    fake.fault("run", "exits");
    fake.e2e("podman")
        .exits(exit::FAILURE)
        .says("service `beta` ended with code 7 before it was ready")
        .says("has printed");
}

/// Of engines and clusters the keeper has what services printed only when it asks.
#[test]
fn a_service_that_ends_during_the_tests_is_told_with_its_last_words() {
    let fake = FakeEngine::new();
    let suite = "#[test]
fn beta_ends() {
    let containers = std::env::var(\"FAKE_ENGINE\").unwrap() + \"/containers\";
    let mut all = std::fs::read_dir(containers).unwrap().map(|one| one.unwrap().path());
    let beta = all.find(|one| one.to_str().unwrap().ends_with(\"-beta\")).unwrap();
    let pid = std::fs::read_to_string(beta).unwrap();
    let kill = std::process::Command::new(\"kill\").arg(pid.split(' ').next().unwrap()).status();
    assert!(kill.unwrap().success());
}
";
    fake.project.write("tests/suites/alpha.rs", suite);
    fake.e2e("podman")
        .exits(exit::FAILURE)
        .says("service `beta` ended with code 7 while the tests ran")
        .says("-beta has printed");
}

#[test]
fn a_signal_ends_a_run_whose_engine_hangs() {
    let fake = FakeEngine::new();
    fake.fault("load", "hang");
    let run = fake.xtask(["e2e", "alpha", "--on", "podman"]).start();
    until("loading an image", || match fake.calls("load") {
        0 => Look::NotYet("nothing is loaded".to_owned()),
        _ => Look::Done(()),
    });
    run.signal(Signal::INT);
    run.finish().exits(130).says("nothing is left");
    assert_eq!(fake.has(), [""; 0]);
}

#[test]
fn an_unchanged_image_is_not_sent_again() {
    let fake = FakeEngine::new();
    fake.xtask(["up", "alpha", "--on", "podman"]).run().exits(exit::SUCCESS);
    let kept = fake.images();
    fake.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(fake.calls("load"), 2);
    assert_eq!(fake.images(), kept);
    // Another run has the same bytes, and gives them its own name.
    green(&fake.e2e("podman"));
    assert_eq!((fake.calls("load"), fake.calls("tag")), (2, 2));
    assert_eq!(fake.images(), kept);

    fake.project.replace("beta/src/main.rs", "hello from beta", "another greeting");
    fake.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(fake.calls("load"), 3);
    let images = fake.images();
    assert_eq!(images.len(), 2, "{images:?}");
    assert!(kept.iter().any(|image| !images.contains(image)));
    let other = "0".repeat(64);
    fake.add_image(&images[0].0, &other);
    fake.xtask(["up", "alpha"]).run().exits(exit::FAILURE).says("has other bytes under the name");
    fake.add_image(&images[0].0, &images[0].1);
}

#[test]
fn what_is_replaced_stops_while_images_are_loaded() {
    let fake = FakeEngine::new();
    fake.xtask(["up", "alpha", "--on", "podman"]).run().exits(exit::SUCCESS);
    fake.project.replace("beta/src/main.rs", "hello from beta", "another greeting");
    fake.fault("load", "after stop");
    fake.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says("replaced: beta");
}

#[test]
fn an_engine_that_is_elsewhere_is_sent_the_archive() {
    let fake = FakeEngine::new();
    green(&fake.e2e("podman"));
    assert_eq!((fake.calls("load there"), fake.calls("load --input")), (2, 0));
    fake.fault("info", "elsewhere");
    green(&fake.e2e("podman"));
    green(&fake.e2e("docker"));
    assert_eq!((fake.calls("load there"), fake.calls("load --input")), (2, 4));
}

#[test]
fn an_image_that_another_run_takes_away_is_loaded_again() {
    let fake = FakeEngine::new();
    fake.fault("load", "once lost");
    green(&fake.e2e("podman").says("is not in `podman` after load 1").clone());
    assert_eq!(fake.calls("load"), 4);
}

#[test]
fn a_name_that_was_removed_does_not_come_back() {
    let fake = FakeEngine::new();
    fake.xtask(["up", "alpha", "--on", "podman"]).run().exits(exit::SUCCESS);
    fake.fault("rmi", "writes back");
    let run = fake.xtask(["e2e", "alpha", "--on", "podman"]).start();
    until("the one run removes an image", || match fake.calls("rmi") {
        0 => Look::NotYet(run.said()),
        _ => Look::Done(()),
    });
    // The other run has a name for the same image.
    fake.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    green(&run.finish());
    assert_eq!(fake.has(), [""; 0]);
}

#[test]
fn doctor_says_how_to_mend_an_engine() {
    let fake = FakeEngine::new();
    let doctor = |engine| fake.xtask(["doctor", "--on", engine]).run();
    doctor("docker").exits(exit::SUCCESS);
    fake.fault("info", "says Cannot connect to the Docker daemon at unix:///var/run/docker.sock.");
    let output = doctor("docker");
    output.exits(exit::FAILURE);
    assert!(output.stdout.contains("start its daemon"), "{output}");
    // The default backend does not need it.
    fake.xtask(["doctor"]).run().exits(exit::SUCCESS);
}

#[test]
fn a_call_that_meets_something_on_its_way_out_is_made_again() {
    let fake = FakeEngine::new();
    for command in ["image inspect", "load", "rmi", "images"] {
        fake.fault(command, "races");
        green(&fake.e2e("podman").says("trying again").clone());
    }
    fake.fault("rm", "busy");
    green(&fake.e2e("podman"));
}

/// It has no name yet, or the daemon goes on.
#[test]
fn an_image_whose_load_was_ended_goes_with_the_run() {
    for (engine, fault) in [("podman", "dies"), ("docker", "goes on")] {
        let fake = FakeEngine::new();
        fake.fault("load", fault);
        fake.e2e(engine).exits(exit::FAILURE).says("nothing is left");
        until("it is loaded", || match fake.state().join("loaded").exists() {
            true => Look::Done(()),
            false => Look::NotYet("it is not there".to_owned()),
        });
        assert_eq!(fake.has(), [""; 0]);
        fake.mend("load");
    }
}

#[test]
fn an_image_that_is_there_by_half_is_loaded_anew() {
    let fake = FakeEngine::new();
    fake.fault("image inspect", "half");
    green(&fake.e2e("podman"));
    assert_eq!(fake.calls("load"), 2);
    fake.mend("image inspect");
}
