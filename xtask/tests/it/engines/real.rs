//! The engines of this machine, with the fixture workspace.

mod bench;
mod containerfile;
mod names;

use std::process::Command;

use onetag_control::{Control, Target};
use rustix::process::Signal;

use super::fake::FakeEngine;
use crate::exit;
use crate::project::Project;
use crate::wait::{Look, until};

const ENGINES: [&str; 2] = ["podman", "docker"];

/// What a service may do, by its own account: its user, its capabilities, and whether it
/// can write to its root, to `/tmp` and to its volume.
const MAY: &str = r#"
        "/may" => {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let field = |key| status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            let user = field("Uid:").split_whitespace().next().unwrap() != "0";
            let none = field("CapEff:").trim().trim_start_matches('0').is_empty();
            let writes = |folder: &str| std::fs::write(format!("{folder}/x"), "x").is_ok();
            let writes = [writes("/"), writes("/app"), writes("/tmp"), writes("/data")];
            Some(format!("{user} {none} {writes:?}"))
        }
        "/ready" =>"#;

fn on(engine: &'static str) -> Project {
    let mut project = Project::new().with_engines();
    project.engine = Some(engine);
    project
}

/// The same with a kept run.
fn up_on(engine: &'static str) -> Project {
    let project = on(engine);
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    project
}

/// What an engine has that was made for runs of this copy.
pub(crate) fn left(engine: &str, project: &Project) -> Vec<String> {
    let label = format!("label=onetag.target={}", project.onetag());
    let lists: [&[&str]; 3] = [
        &["ps", "--all", "--filter", &label, "--format", "{{.Names}}"],
        &["network", "ls", "--filter", &label, "--format", "{{.Name}}"],
        &["volume", "ls", "--filter", &label, "--format", "{{.Name}}"],
    ];
    let mut left: Vec<String> = lists.iter().flat_map(|list| lines(engine, list)).collect();
    let images = images(engine);
    let runs = project.runs().into_iter().chain(project.finished());
    let runs: Vec<String> = runs.map(|run| run.id().to_owned()).collect();
    left.extend(images.into_iter().filter(|name| runs.iter().any(|run| name.contains(run))));
    left
}

/// The names of all images. podman cannot list them while one is being removed.
fn images(engine: &str) -> Vec<String> {
    until("the images are listed", || {
        let mut list = Command::new(engine);
        let output =
            list.args(["images", "--format", "{{.Repository}}:{{.Tag}}"]).output().unwrap();
        match output.status.success() {
            true => {
                let names = String::from_utf8(output.stdout).unwrap();
                Look::Done(names.lines().map(str::to_owned).collect())
            }
            false => Look::NotYet(format!("{output:?}")),
        }
    })
}

/// Removes what this copy has in an engine: its test has failed.
pub(crate) fn clear(engine: &str, project: &Project) {
    let label = format!("label=onetag.target={}", project.onetag());
    let removals: [(&[&str], &[&str]); 3] = [
        (&["ps", "--all", "--quiet"], &["rm", "--force", "--volumes"]),
        (&["network", "ls", "--quiet"], &["network", "rm"]),
        (&["volume", "ls", "--quiet"], &["volume", "rm"]),
    ];
    for (list, remove) in removals {
        let found = Command::new(engine).args(list).args(["--filter", &label]).output().unwrap();
        for name in String::from_utf8(found.stdout).unwrap().lines() {
            let _ = Command::new(engine).args(remove).arg(name).status();
        }
    }
}

pub(super) fn lines(engine: &str, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(engine).args(arguments).output().unwrap();
    assert!(output.status.success(), "{engine} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[track_caller]
fn wait_until_nothing_is_left(engine: &str, project: &Project) {
    until("nothing is left in the engine", || match left(engine, project) {
        nothing if nothing.is_empty() => Look::Done(()),
        left => Look::NotYet(format!("{left:?}")),
    });
    // The keeper ends after what it took away.
    project.wait_until_nothing_is_left();
}

#[test]
fn the_same_bytes_run_on_every_backend_and_nothing_is_left() {
    let mut project = Project::new().with_engines();
    let mut seen = Vec::new();
    for engine in [None, Some("podman"), Some("docker")] {
        project.engine = engine;
        project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("nothing is left");
        if let Some(engine) = engine {
            assert_eq!(left(engine, &project), [""; 0]);
        }
        let run = project.finished().pop().unwrap();
        let replicas = run.json("witness.json")["replicas"].clone();
        let replicas = replicas.as_array().unwrap().iter();
        seen.push(replicas.map(|replica| replica["expected"].clone()).collect::<Vec<_>>());
    }
    assert_eq!(seen[0].len(), 2);
    assert_eq!([&seen[1], &seen[2]], [&seen[0]; 2]);
}

#[test]
fn an_archive_is_read_by_others_with_the_digests_that_are_known() {
    let fake = FakeEngine::new();
    std::fs::create_dir(fake.project.path("beta/assets")).unwrap();
    fake.project.write("beta/assets/greeting.txt", "hello");
    fake.project.replace("beta/Cargo.toml", "port = 8080", "port = 8080\nfiles = [\"assets\"]");
    fake.fault("load", "keep");
    fake.e2e("podman").exits(exit::SUCCESS);
    let archive = fake.state().join("beta.tar");
    let run = fake.project.finished_run();
    let known = |kind: &str| run.digest("beta", kind);

    for format in ["oci-archive", "docker-archive"] {
        let config =
            lines("skopeo", &["inspect", "--config", "--raw", &format!("{format}:{archive}")]);
        let path = fake.state().join("config.json");
        std::fs::write(&path, config.join("\n")).unwrap();
        let sum = lines("sha256sum", &[path.as_str()]);
        assert!(known("config").ends_with(sum[0].split(' ').next().unwrap()), "{format}: {sum:?}");
    }
    let inspected = lines("skopeo", &["inspect", &format!("oci-archive:{archive}")]).join("");
    assert!(inspected.contains(&known("manifest")), "{inspected}");

    let (layout, bundle) = (fake.state().join("layout"), fake.state().join("bundle"));
    lines("skopeo", &["copy", &format!("oci-archive:{archive}"), &format!("oci:{layout}:beta")]);
    lines("umoci", &["unpack", "--image", &format!("{layout}:beta"), bundle.as_str()]);
    let root = bundle.join("rootfs");
    let program = lines("sha256sum", &[root.join("usr/local/bin/beta").as_str()]);
    assert!(known("executable").ends_with(program[0].split(' ').next().unwrap()), "{program:?}");
    assert_eq!(std::fs::read_to_string(root.join("app/assets/greeting.txt")).unwrap(), "hello");
}

#[test]
fn a_container_may_do_little() {
    for engine in ENGINES {
        let project = on(engine);
        project.replace("beta/src/main.rs", "\n        \"/ready\" =>", MAY);
        project.add_test(
            "looks",
            "let may = get(&variable(\"ONETAG_BETA_URL\"), \"/may\").unwrap();
             assert_eq!(may, \"true true [false, false, true, true]\");",
        );
        project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    }
}

#[test]
fn who_listens_inside_of_the_container_alone_is_told() {
    for engine in ENGINES {
        let project = on(engine);
        project.replace("beta/Cargo.toml", "\"{self.listen}\"", "\"127.0.0.1:8080\"");
        project.replace("beta/Cargo.toml", "\"/ready\"", "\"tcp\"");
        project
            .xtask(["e2e", "alpha", "--ready-timeout", "3s"])
            .run()
            .exits(exit::FAILURE)
            .says("`beta` listens on 127.0.0.1:8080 of its container, not on 0.0.0.0:8080");
        assert_eq!(left(engine, &project), [""; 0]);
    }
}

#[test]
fn a_kept_run_keeps_its_address_and_its_volume() {
    for engine in ENGINES {
        let project = up_on(engine);
        let run = project.kept_run();
        let url = run.url("beta");
        project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
        project.replace("beta/src/main.rs", "hello from beta", "another greeting");
        project.add_test(
            "looks",
            "let url = variable(\"ONETAG_BETA_URL\");
             assert!(get(&url, \"/about\").unwrap().contains(\"another greeting\"));
             assert_eq!(get(&url, \"/starts\").unwrap(), \"xx\");",
        );
        project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says("beta");
        project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
        assert_eq!(run.url("beta"), url);
        project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
        assert_eq!(left(engine, &project), [""; 0]);
    }
}

#[test]
fn whoever_is_killed_nothing_is_left_in_the_engine() {
    for engine in ENGINES {
        let project = on(engine);
        project.add_test_that_waits();
        let harness = project.xtask(["e2e", "alpha"]).start();
        project.wait_for_waiting_test();
        harness.signal(Signal::KILL);
        harness.finish().is_killed();
        wait_until_nothing_is_left(engine, &project);

        // Nobody is left to clear up.
        std::fs::remove_dir(project.path("tests/waits")).unwrap();
        let harness = project.xtask(["e2e", "alpha"]).start();
        project.wait_for_waiting_test();
        project.process("keeper").unwrap().kill_with(&harness);
        harness.finish().is_killed();
        assert_ne!(left(engine, &project), [""; 0]);
        std::fs::remove_dir(project.path("tests/waits")).unwrap();
        project.let_test_go_on();
        project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
        assert_eq!(left(engine, &project), [""; 0]);
    }
}

#[test]
fn a_kept_run_whose_keeper_was_killed_is_brought_up_again() {
    for engine in ENGINES {
        let project = up_on(engine);
        project.process("keeper").unwrap().kill();
        let status = project.xtask(["status"]).run();
        assert!(status.stdout.contains("running without its keeper"), "{status}");
        project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
        project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
        project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
        assert_eq!(left(engine, &project), [""; 0]);
    }
}

#[test]
fn what_somebody_removes_is_missed() {
    for engine in ENGINES {
        let project = up_on(engine);
        let beta = format!("onetag-{}-beta", project.kept_run().id());
        lines(engine, &["rm", "--force", &beta]);
        project.xtask(["test", "alpha"]).run().exits(exit::FAILURE).says("beta");
        project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
        project.xtask(["test", "alpha"]).run().exits(exit::SUCCESS);
    }
}

#[test]
fn what_no_run_has_any_more_is_collected_in_its_own_workspace() {
    for engine in ENGINES {
        let project = up_on(engine);
        let run = project.kept_run().id().to_owned();
        project.process("keeper").unwrap().kill();
        std::fs::remove_dir_all(project.onetag().join("runs")).unwrap();
        let has = || {
            let mut has = left(engine, &project);
            let images = images(engine);
            has.extend(images.into_iter().filter(|name| name.contains(&run)));
            has
        };
        assert_eq!(has().len(), 5);

        let other = Project::new().with_engines();
        let told = other.xtask(["gc"]).run();
        told.exits(exit::SUCCESS);
        assert!(told.stdout.contains(&format!("of run {run}, which is not of this")), "{told}");
        project.xtask(["gc", "--dry-run"]).run().exits(exit::SUCCESS);
        assert_eq!(has().len(), 5);
        project.xtask(["gc"]).run().exits(exit::SUCCESS);
        assert_eq!(has(), [""; 0]);
    }
}

#[test]
fn a_kept_run_whose_folder_is_removed_ends_by_itself() {
    for engine in ENGINES {
        let project = up_on(engine);
        let run = project.kept_run().id().to_owned();
        std::fs::remove_dir_all(project.onetag()).unwrap();
        until("nothing is left in the engine", || {
            let images = images(engine);
            let images = images.into_iter().filter(|name| name.contains(&run));
            let left: Vec<String> = left(engine, &project).into_iter().chain(images).collect();
            if left.is_empty() { Look::Done(()) } else { Look::NotYet(format!("{left:?}")) }
        });
        project.wait_until_nothing_is_left();
    }
}

#[test]
fn a_run_ends_whose_engine_nobody_knows_any_more() {
    let project = up_on("podman");
    let run = project.kept_run();
    project.process("keeper").unwrap().kill();
    std::fs::remove_file(run.path("engine.json")).unwrap();
    project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
    assert_eq!(left("podman", &project), [""; 0]);
    // What services had printed was not lost with the keeper.
    assert!(project.finished_run().read("logs/beta.log").contains("beta listens on"));
}

#[test]
fn a_service_that_is_killed_is_not_asked_first() {
    for engine in ENGINES {
        let project = on(engine);
        project.beta_begins_with(
            "extern \"C\" fn asked(_: i32) {
                 std::fs::write(\"/data/asked\", \"\").unwrap();
                 std::process::exit(0);
             }
             unsafe extern \"C\" { fn signal(signal: i32, handler: usize) -> usize; }
             unsafe { signal(15, asked as *const () as usize) };",
        );
        project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
        let run = project.kept_run();
        let (control, beta) =
            (Control::connect(&run.environment()).unwrap(), Target::service("beta"));
        let asked = run.path("volumes/beta/asked");
        control.kill(&beta).unwrap();
        assert!(!asked.exists(), "{engine}");
        control.start(&beta).unwrap();
        control.stop(&beta).unwrap();
        assert!(asked.exists(), "{engine}");
    }
}

#[test]
fn a_service_that_somebody_paused_is_not_witnessed() {
    for engine in ENGINES {
        let project = up_on(engine);
        lines(engine, &["pause", &format!("onetag-{}-beta", project.kept_run().id())]);
        project.xtask(["test", "alpha"]).run().exits(exit::FAILURE).says("its container is paused");
    }
}

#[test]
fn doctor_finds_the_engines() {
    let project = Project::new().with_engines();
    for engine in ENGINES {
        let output = project.xtask(["doctor", "--on", engine]).run();
        output.exits(exit::SUCCESS);
        assert!(output.stdout.contains(engine), "{output}");
    }
}

/// A tenth of the kills that processes get: each takes several runs.
#[test]
fn whatever_is_killed_the_next_command_leaves_nothing() {
    crate::chaos::kill(&on("podman"), 10);
}
