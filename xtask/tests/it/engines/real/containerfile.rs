//! Services whose image the engines of this machine build.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use rustix::process::Signal;

use super::{ENGINES, MAY, images, left, lines, on};
use crate::exit;
use crate::project::Project;
use crate::wait::{Look, until};

/// The fixture with an image of `beta` that the engine builds. What the engine keeps as
/// its cache carries a label of its own, and goes with this value.
struct Containers {
    project: Project,
    engine: &'static str,
    label: String,
}

impl Containers {
    fn on(engine: &'static str) -> Containers {
        let project = on(engine);
        let label = format!("onetag-test={}", project.temp_path());
        let containers = Containers { project, engine, label };
        containers.write("");
        containers.project.replace(
            "beta/Cargo.toml",
            "port = 8080",
            "port = 8080\ncontainerfile = \"Containerfile\"",
        );
        containers.copy_program();
        containers
    }

    /// Instructions that copy the program in, and more of them.
    fn write(&self, more: &str) {
        let label = &self.label;
        self.project.write(
            "beta/Containerfile",
            &format!("FROM scratch\nLABEL {label}\nCOPY root /\n{more}\nENTRYPOINT [\"/beta\"]\n"),
        );
    }

    /// Puts what cargo makes of `beta` where the instructions find it.
    fn copy_program(&self) {
        self.project.cargo(["build", "--package", "beta"]).run().exits(exit::SUCCESS);
        let root = self.project.path("beta/root");
        fs::create_dir_all(&root).unwrap();
        let program = self.project.target().join("debug/beta");
        fs::copy(&program, root.join("beta")).unwrap();
        for line in lines("ldd", &[program.as_str()]) {
            for path in line.split_whitespace().filter(|word| word.starts_with('/')) {
                lines("cp", &["--parents", "--dereference", path, root.as_str()]);
            }
        }
    }

    /// What the engine has with this label.
    fn labelled(&self, options: &[&str]) -> Vec<String> {
        let filter = format!("label={}", self.label);
        lines(self.engine, &[&["images", "--quiet", "--filter", &filter], options].concat())
    }

    /// The images of the kept run that this engine built, by name.
    fn names(&self) -> Vec<String> {
        let run = self.project.kept_run().id().to_owned();
        let mut names = images(self.engine);
        names.retain(|name| name.contains("/beta:") && name.contains(&run));
        names
    }

    fn id(&self, name: &str) -> String {
        lines(self.engine, &["image", "inspect", "--format", "{{.Id}}", name]).remove(0)
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        let all = self.labelled(&["--all"]);
        let _ = Command::new(self.engine).args(["rmi", "--force"]).args(all).output();
    }
}

#[test]
fn what_an_engine_built_runs_as_others_do_and_nothing_is_left() {
    for engine in ENGINES {
        let containers = Containers::on(engine);
        let project = &containers.project;
        project.replace("beta/src/main.rs", "\n        \"/ready\" =>", MAY);
        containers.copy_program();
        project.add_test(
            "looks",
            "let may = get(&variable(\"ONETAG_BETA_URL\"), \"/may\").unwrap();
             assert_eq!(may, \"true true [false, false, true, true]\");",
        );
        project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("nothing is left");
        assert_eq!(left(engine, project), [""; 0]);
        let witness = project.finished().pop().unwrap().json("witness.json");
        let mut replicas = witness["replicas"].as_array().unwrap().iter();
        let beta = replicas.find(|seen| seen["service"] == "beta").unwrap();
        assert_eq!(beta["expected"]["image"], beta["seen"]);
        // What the engine keeps is its cache, which serves the next run.
        let cache = || BTreeSet::from_iter(containers.labelled(&["--all"]));
        let kept = cache();
        assert!(!kept.is_empty());
        project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
        assert_eq!(cache(), kept);
        assert_eq!(left(engine, project), [""; 0]);
    }
}

#[test]
fn a_kept_run_has_another_image_when_its_content_is_another() {
    for engine in ENGINES {
        let containers = Containers::on(engine);
        let project = &containers.project;
        project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
        let first = containers.names();
        let id = containers.id(&first[0]);
        for verb in ["up", "test"] {
            project.xtask([verb, "alpha"]).run().exits(exit::SUCCESS);
            assert_eq!((containers.names(), containers.id(&first[0])), (first.clone(), id.clone()));
        }

        project.replace("beta/src/main.rs", "hello from beta", "another greeting");
        containers.copy_program();
        let stale = project.xtask(["test", "alpha"]).run();
        stale.exits(exit::FAILURE).says("`beta` is not what was built just now");
        assert_eq!(containers.names(), first);
        project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS).says("replaced: beta");
        let second = containers.names();
        assert_eq!(second.len(), 1);
        assert_ne!(containers.id(&second[0]), id);
        assert!(project.kept_run().get("beta", "/about").contains("another greeting"));
        project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
        assert_eq!(left(engine, project), [""; 0]);
    }
}

#[test]
fn a_build_that_is_ended_leaves_no_container() {
    for engine in ENGINES {
        let containers = Containers::on(engine);
        let project = &containers.project;
        project.beta_begins_with(
            "if std::env::args().len() > 1 {
                 println!(\"it is built\");
                 loop { std::thread::park() }
             }",
        );
        containers.copy_program();
        containers.write("RUN [\"/beta\", \"waits\"]");
        for signal in [Signal::INT, Signal::KILL] {
            let harness = project.xtask(["e2e", "alpha"]).start();
            let program = project.wait_for_process(engine);
            until("it is built", || match working(engine, &containers.label) {
                0 => Look::NotYet(format!("{program:?} has no container")),
                _ => Look::Done(()),
            });
            harness.signal(signal);
            match signal {
                Signal::INT => harness.finish().exits(exit::SIGINT).says("nothing is left"),
                _ => harness.finish().is_killed(),
            };
            // The keeper has the rest to do when its asker was killed.
            project.wait_until_nothing_is_left();
            until("no container is left", || match working(engine, &containers.label) {
                0 => Look::Done(()),
                left => Look::NotYet(format!("{left} are left")),
            });
        }
    }
}

/// How many containers there are of builds with this label: podman writes it beside each.
fn working(engine: &str, label: &str) -> usize {
    if engine == "docker" {
        return lines(engine, &["ps", "--all", "--quiet", "--filter", &format!("label={label}")])
            .len();
    }
    let folder = "{{.Store.GraphRoot}}/{{.Store.GraphDriverName}}-containers";
    let folder = lines(engine, &["info", "--format", folder]).remove(0);
    let value = label.split_once('=').unwrap().1;
    let folders = fs::read_dir(folder).unwrap().flatten();
    let options = folders.map(|folder| folder.path().join("userdata/buildah.json"));
    options.filter(|path| fs::read_to_string(path).is_ok_and(|text| text.contains(value))).count()
}
