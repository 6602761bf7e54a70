//! What runs is what was built.

use crate::exit;
use crate::project::Project;

/// Puts the own executable in the place of `alpha`'s, and serves in its place.
const USURPS_ALPHA: &str = r#"
    let own = std::env::current_exe().unwrap();
    let store = own.ancestors().nth(2).unwrap();
    let alphas = std::fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path().join("alpha"));
    let victim = alphas.into_iter().find(|path| path.exists());
    match std::env::var("DATA_DIR") {
        Ok(_) => {
            let victim = victim.unwrap();
            std::fs::copy(&own, victim.with_extension("new")).unwrap();
            std::fs::rename(victim.with_extension("new"), victim).unwrap();
        }
        Err(_) => tiny::serve("alpha", GREETING, |_| Some(String::new())),
    }
"#;

#[test]
fn bytes_that_were_put_in_place_after_the_build_are_refused() {
    let project = Project::new();
    let beta = project.read("beta/src/main.rs");
    project.beta_begins_with(USURPS_ALPHA);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE).does_not_say("Nextest run ID");
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase witness failed
      because: the witness refuses this run
      because: `alpha-0` runs sha256:[digest], which is none of the digests of localhost/alpha:alpha-[run id]: executable sha256:[digest], config sha256:[digest], manifest sha256:[digest]
    hint: something replaced the executable after it was built; run the command again
    ");

    let witness = project.finished_run().json("witness.json");
    let evidence = witness["replicas"].as_array().unwrap();
    let of = |replica: &str| evidence.iter().find(|seen| seen["replica"] == replica).unwrap();
    assert_eq!(of("alpha-0")["seen"], of("beta-0")["seen"]);
    assert_ne!(of("alpha-0")["seen"], of("alpha-0")["expected"]["executable"]);

    // The store heals: what is not as it was built is taken in again.
    project.write("beta/src/main.rs", &beta);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
}

/// A launcher is no service: what it starts was not built by this run.
#[test]
fn a_service_that_becomes_another_program_is_refused_with_the_program() {
    let project = Project::new();
    let script = "while :; do sleep 0.05; done";
    project.beta_begins_with(&format!(
        "use std::os::unix::process::CommandExt as _;
         std::process::Command::new(\"/bin/sh\").args([\"-c\", {script:?}]).exec();"
    ));
    project.replace("beta/Cargo.toml", "ready = \"/ready\"", "ready = \"started\"");
    project.replace("alpha/src/main.rs", "tiny::get(&beta, \"/ready\").ok()", "Some(beta.clone())");
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE).does_not_say("run the command again");
    let shell = std::fs::canonicalize("/bin/sh").unwrap();
    output.says(&format!("`beta-0` runs {}, sha256:", shell.display()));
    output.says("hint: `beta` has to stay the program that was built, and not to execute another");
}
