//! Services whose image an engine builds, on an engine that does as it is told.

use rustix::process::Signal;

use super::fake::{FakeEngine, green};
use crate::exit;
use crate::wait::{Look, until};

const FILE: &str = "FROM scratch\nCOPY content /\n";

/// The image of `beta` is built by the engine.
fn fake() -> FakeEngine {
    let fake = FakeEngine::new();
    fake.project.write("beta/Containerfile", FILE);
    fake.project.write("beta/content", "one");
    fake.project.replace(
        "beta/Cargo.toml",
        "port = 8080",
        "port = 8080\ncontainerfile = \"Containerfile\"",
    );
    // Cargo is to make nothing of it.
    std::fs::remove_dir_all(fake.project.target()).unwrap();
    fake
}

#[test]
fn an_engine_builds_it_once_and_nothing_is_left() {
    let fake = fake();
    for engine in ["podman", "docker"] {
        green(&fake.e2e(engine));
        assert_eq!(fake.has(), [""; 0]);
    }
    assert_eq!((fake.calls("build"), fake.calls("load")), (2, 2));
    assert!(!fake.project.target().join("debug/beta").exists());
}

#[test]
fn where_no_engine_is_nothing_is_made() {
    let fake = fake();
    let refused = fake.xtask(["e2e", "alpha"]).run();
    refused
        .exits(exit::FAILURE)
        .says("beta/Cargo.toml: package.metadata.onetag.containerfile: the backend `process`")
        .says("hint: `--on podman` or `--on docker`");
    assert!(fake.project.runs().is_empty() && fake.project.finished().is_empty());
    fake.xtask(["plan", "alpha"]).run().exits(exit::FAILURE).says("containerfile");

    let plan = fake.xtask(["plan", "alpha", "--on", "podman"]).run();
    plan.exits(exit::SUCCESS);
    assert!(plan.stdout.contains("image: built by the engine from Containerfile"), "{plan}");
}

#[test]
fn a_file_that_is_not_there_is_told_before_anything_is_made() {
    let fake = fake();
    std::fs::rename(
        fake.project.path("beta/Containerfile"),
        fake.project.path("beta/Containerfiles"),
    )
    .unwrap();
    fake.e2e("podman")
        .exits(exit::FAILURE)
        .says("package.metadata.onetag.containerfile: there is no file `Containerfile`")
        .says("hint: did you mean `Containerfiles`?");
    assert!(fake.project.finished().is_empty());
}

#[test]
fn a_build_that_fails_is_told_with_its_last_words() {
    let fake = fake();
    fake.project.write("beta/Containerfile", &format!("{FILE}RUN false\n"));
    for engine in ["podman", "docker"] {
        fake.e2e(engine)
            .exits(exit::BUILD_FAILED)
            .says(&format!("`{engine}` cannot build the image of `beta` from /"))
            .says("STEP 1/1: FROM scratch")
            .says("building at STEP \"RUN false\"")
            .says("nothing is left");
        assert_eq!(fake.has(), [""; 0]);
    }
}

#[test]
fn a_build_that_lies_is_refused() {
    let fake = fake();
    fake.fault("build", "lie");
    fake.e2e("podman")
        .exits(exit::FAILURE)
        .says("`podman` says that it built sha256:")
        .says("phase build failed")
        .says("nothing is left");
    fake.mend("build");
    fake.fault("run", "lie");
    fake.e2e("docker").exits(exit::FAILURE).says("phase witness failed").says("as it was built");
    fake.mend("run");
}

#[test]
fn a_signal_ends_a_build_that_hangs() {
    let fake = fake();
    fake.fault("build", "hang");
    let run = fake.xtask(["e2e", "alpha", "--on", "podman"]).start();
    until("building an image", || match fake.calls("build") {
        0 => Look::NotYet("nothing is built".to_owned()),
        _ => Look::Done(()),
    });
    run.signal(Signal::INT);
    run.finish().exits(130).says("nothing is left");
    assert_eq!(fake.has(), [""; 0]);
    fake.mend("build");
}

#[test]
fn a_kept_run_gets_another_image_when_its_content_is_another() {
    let fake = fake();
    let images = || {
        let mut images = fake.images();
        images.retain(|(name, _)| name.contains("/beta:"));
        images
    };
    fake.xtask(["up", "alpha", "--on", "podman"]).run().exits(exit::SUCCESS);
    let first = images();
    assert_eq!(first.len(), 1);
    for verb in ["up", "test"] {
        fake.xtask([verb, "alpha"]).run().exits(exit::SUCCESS);
        assert_eq!(images(), first, "{verb}");
    }
    assert_eq!(fake.calls("build"), 3);

    fake.project.write("beta/content", "two");
    let stale = fake.xtask(["test", "alpha"]).run();
    stale.exits(exit::FAILURE).says("`beta` is not what was built just now");
    assert_eq!(images(), first);
    fake.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says("replaced: beta");
    let second = images();
    assert_eq!(second.len(), 1);
    assert_ne!((&second[0].0, &second[0].1), (&first[0].0, &first[0].1));
    assert!(second[0].0.ends_with(".2"), "{second:?}");
}

#[test]
fn runs_of_one_command_share_an_image() {
    let fake = fake();
    fake.project.add_suite_of_beta("#[test]\nfn the_run_is_there() {}\n");
    let both = fake.xtask(["e2e", "alpha", "beta", "--on", "podman"]).run();
    both.exits(exit::SUCCESS);
    assert_eq!(fake.calls("build"), 1);
    assert_eq!(fake.has(), [""; 0]);
}
