//! `plan`: what `e2e` would do, without anything being done.

use std::fs::{self, File};
use std::process::Command;

use serde_json::Value;

use crate::exit;
use crate::externals::with_redis;
use crate::project::{Project, redact};

const TOKEN: &str = "s3cr3t-of-the-caller";

/// A workspace in which `beta` wants a secret, an argument and a further port.
fn project() -> Project {
    let project = Project::unbuilt();
    project.replace("beta/Cargo.toml", "env = {", "env = { TOKEN = \"{host.BETA_TOKEN}\",");
    let keys = "args = [\"--me\", \"two words\"]\nports.grpc = 9090\nport =";
    project.replace("beta/Cargo.toml", "port =", keys);
    project
}

/// All files of the copy, with their contents.
fn tree(project: &Project) -> Vec<u8> {
    let script = "find . -type f | LC_ALL=C sort | xargs sha256sum; find . | LC_ALL=C sort";
    let tree = Command::new("sh").args(["-c", script]).current_dir(project.root()).output();
    tree.unwrap().stdout
}

fn json(project: &Project, line: &[&str]) -> Value {
    let output = project.xtask(line.iter().copied()).args(["--format", "json"]).run();
    serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap()
}

#[test]
fn a_plan_says_what_would_be_done_and_changes_nothing() {
    let project = project();
    let before = tree(&project);
    let plan = project.xtask(["plan", "alpha", "--ready-timeout", "90s"]);
    let output = plan.env("BETA_TOKEN", TOKEN).env("LANG", "C").without("TMPDIR").run();
    output.exits(exit::SUCCESS);
    assert_eq!(output.stderr, "");
    insta::assert_snapshot!(redact(&output.stdout), @r#"
    on `process`, services with cargo's profile `dev`
      cargo build --locked --message-format json-render-diagnostics --package 'path+file://[temp]/pair/alpha#0.0.0' --package 'path+file://[temp]/pair/beta#0.0.0' --bin alpha --bin beta
      cargo test --locked --message-format json-render-diagnostics --no-run --package 'path+file://[temp]/pair/tests#e2e@0.0.0' --test alpha
    every service gets of the caller: PATH, LANG

    alpha-<run id>
      1 beta, needed by `alpha`
          localhost/beta:alpha-<run id>
          ready when /ready answers 2xx, within 1m 30s
          ports in its own network: 8080, 9090 (grpc)
          volume: /data
          args: "--me" "two words"
          DATA_DIR={self.volume}
          LISTEN_ADDR={self.listen}
          ONETAG_IMAGE=localhost/beta:alpha-<run id>
          ONETAG_RUN_ID=<run id>
          TOKEN={host.BETA_TOKEN}
          BETA_TOKEN of the caller is set
      2 alpha, under test
          localhost/alpha:alpha-<run id>
          ready when /ready answers 2xx, within 1m 30s
          ports in its own network: 8080
          BETA_URL={beta.url}
          LISTEN_ADDR={self.listen}
          ONETAG_IMAGE=localhost/alpha:alpha-<run id>
          ONETAG_RUN_ID=<run id>
      tests of e2e::alpha
          cargo nextest run --profile e2e -E 'binary_id(=e2e::alpha)'
    "#);
    assert_eq!(String::from_utf8(tree(&project)), String::from_utf8(before));
    assert!(!project.target().exists());
    assert_eq!(project.processes(), []);
}

#[test]
fn a_variable_of_the_caller_is_shown_as_set_or_not_and_never_with_its_value() {
    let project = project();
    for format in ["human", "json"] {
        let plan = project.xtask(["plan", "alpha", "--format", format]);
        let output = plan.env("BETA_TOKEN", TOKEN).run();
        output.exits(exit::SUCCESS).does_not_say(TOKEN);
        assert!(!output.stdout.contains(TOKEN), "{output}");
    }
    let output = project.xtask(["plan", "alpha"]).run();
    let unset = "BETA_TOKEN of the caller is not set: `e2e` would refuse it";
    assert!(output.exits(exit::SUCCESS).stdout.contains(unset), "{output}");
    let plan = json(&project, &["plan", "alpha"]);
    let beta = &plan["runs"][0]["levels"][0][0];
    assert_eq!(beta["host_variables"], serde_json::json!({ "BETA_TOKEN": false }), "{plan}");
    assert_eq!(beta["env"]["TOKEN"], "{host.BETA_TOKEN}", "{plan}");
}

#[test]
fn what_is_planned_is_what_is_done() {
    let project = Project::unbuilt();
    project.add_suite_of_beta("#[test]\nfn passes() {}\n");
    let log = project.temp_path().join("cargo.log");
    let cargo = std::env::var("CARGO").unwrap();
    let script =
        format!("#!/bin/sh\nprintf 'cargo %s\\n' \"$*\" >>'{log}'\nexec '{cargo}' \"$@\"\n");
    project.program("cargo", &script);
    let only = ["--all", "--format", "json"];
    let plan = project.directly(["plan"]).args(only).run();
    let plan: Value = serde_json::from_str(&plan.exits(exit::SUCCESS).stdout).unwrap();
    let builds = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains(" --message-format json-"));
        lines.map(|line| line.replace('\'', "")).collect()
    };
    assert_eq!(builds(&fs::read_to_string(&log).unwrap()), [""; 0]);

    let output = project.directly(["e2e"]).args(only).run();
    let report: Value = serde_json::from_str(&output.exits(exit::SUCCESS).stdout).unwrap();
    let planned: Vec<&str> =
        plan["cargo"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(builds(&planned.join("\n")), builds(&fs::read_to_string(&log).unwrap()));
    let (planned, done) = (plan["runs"].as_array().unwrap(), report["runs"].as_array().unwrap());
    assert_eq!((planned.len(), done.len()), (2, 2));
    for (planned, done) in planned.iter().zip(done) {
        let run_id = done["run_id"].as_str().unwrap();
        let minted = |shape: &Value| shape.as_str().unwrap().replace("<run id>", run_id);
        assert_eq!(minted(&planned["tag"]), done["tag"].as_str().unwrap());
        let levels = planned["levels"].as_array().unwrap().iter();
        let references: Vec<String> = levels
            .flat_map(|level| level.as_array().unwrap())
            .map(|service| minted(&service["reference"]))
            .collect();
        let services = done["services"].as_array().unwrap().iter();
        let deployed: Vec<&str> =
            services.map(|service| service["reference"].as_str().unwrap()).collect();
        assert_eq!(references, deployed);
    }
}

#[test]
fn an_external_service_is_planned_as_the_backend_runs_it() {
    let project = with_redis();
    // A machine needs no Redis for these tests, and `plan` starts nothing.
    project.replace("Cargo.toml", "\"redis-server\"", "\"sleep\"");
    let plan = json(&project, &["plan", "alpha"]);
    let levels = plan["runs"][0]["levels"].as_array().unwrap();
    let mut services = levels.iter().flat_map(|level| level.as_array().unwrap());
    let redis = services.find(|service| service["service"] == "redis").unwrap();
    assert_eq!((&redis["external"], &redis["reference"]), (&true.into(), &"sleep".into()));
    assert_eq!(redis["needed_by"][0], "alpha", "{redis}");
    assert!(!plan["cargo"][0].as_str().unwrap().contains("redis"), "{plan}");
    let output = project.xtask(["plan", "alpha"]).run();
    assert!(output.exits(exit::SUCCESS).stdout.contains(" redis, external, needed by `alpha`\n"));
    // It has no image.
    project.xtask(["plan", "alpha", "--on", "docker"]).run().exits(exit::FAILURE).says("image");
}

#[test]
fn a_plan_waits_for_nobody() {
    let project = Project::unbuilt();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    let locks = ["build.lock", "runs.lock", "finished.lock"].map(|name| {
        let file = File::options().write(true).open(project.onetag().join(name)).unwrap();
        file.lock().unwrap();
        file
    });
    project.xtask(["plan", "alpha"]).run().exits(exit::SUCCESS);
    drop(locks);
}

#[test]
fn a_plan_is_narrowed_as_a_run_is() {
    let project = Project::unbuilt();
    let plan = json(&project, &["plan", "alpha", "--profile", "bench"]);
    assert_eq!(plan["profile"], "bench");
    assert!(plan["cargo"][0].as_str().unwrap().ends_with(" --profile bench"), "{plan}");
    let narrowed = ["plan", "alpha", "--", "-E", "test(x)", "--retries", "2"];
    let output = project.xtask(narrowed).run();
    let nextest = "-E '(binary_id(=e2e::alpha)) & (test(x))' --retries=2\n";
    assert!(output.exits(exit::SUCCESS).stdout.ends_with(nextest), "{output}");
}

#[test]
fn what_e2e_refuses_before_it_makes_anything_is_refused() {
    let project = Project::unbuilt();
    for (line, code, says) in [
        (&["plan", "alhpa"][..], exit::USAGE, "hint: did you mean `alpha`?"),
        (&["plan"], exit::USAGE, "the following required arguments were not provided"),
        (&["plan", "alpha", "alpha"], exit::USAGE, "`alpha` is named twice"),
        (&["plan", "beta"], exit::USAGE, "`beta` is a service, but has no suite"),
        (
            &["plan", "alpha", "--on", "nosuch"],
            exit::USAGE,
            "there is no backend `nosuch`, only: process",
        ),
        (&["plan", "alpha", "--ready-timeout", "soon"], exit::USAGE, "'soon'"),
        (
            &["plan", "alpha", "--", "--list"],
            exit::USAGE,
            "`--list` cannot be passed on to nextest",
        ),
    ] {
        let output = project.xtask(line.iter().copied()).run();
        output.exits(code).says(says);
        assert_eq!(output.stdout, "", "{output}");
    }
    project.replace("beta/Cargo.toml", "port =", "files = [\"nosuch\"]\nport =");
    project.xtask(["plan", "alpha"]).run().exits(exit::FAILURE).says("there is no `nosuch`");
    project.replace("beta/Cargo.toml", "files = [\"nosuch\"]", "nosuch = 1");
    project.xtask(["plan", "alpha"]).run().exits(exit::FAILURE).says("nosuch");
    assert!(!project.target().exists());
}

/// `plan` of `alpha` in a cluster that nobody asks anything.
const ON_KUBE: [&str; 8] =
    ["plan", "alpha", "--on", "kube", "--context", "none", "--registry", "localhost:5000/team"];

#[test]
fn objects_of_a_cluster_are_shown_without_secrets() {
    let project = project();
    project.replace("beta/Cargo.toml", "port =", "replicas = 2\nport =");
    let plan = project.xtask(ON_KUBE).args(["--format", "yaml"]).env("BETA_TOKEN", TOKEN);
    let output = plan.run();
    let yaml = &output.exits(exit::SUCCESS).stdout;
    let reference = "image: localhost:5000/team/beta:alpha-00000000000070008000000000000000\n";
    for wanted in ["kind: Namespace\n", "replicas: 2\n", "TOKEN: <secret>\n", reference] {
        assert!(yaml.contains(wanted), "{wanted}: {output}");
    }
    assert!(!yaml.contains(TOKEN), "{output}");
    let levels: Vec<&str> = yaml.lines().filter(|line| line.starts_with("# ")).collect();
    assert_eq!(levels, ["# alpha, namespace", "# alpha, level 1: beta", "# alpha, level 2: alpha"]);
    assert!(!project.target().exists());
}

#[test]
fn objects_of_a_package_are_shown_with_the_names_of_the_run() {
    let project = Project::unbuilt();
    let manifest = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: beta }
spec:
  selector: { matchLabels: { app: beta } }
  template:
    metadata: { labels: { app: beta } }
    spec: { containers: [{ name: beta, image: 'registry.example.com/beta:latest' }] }
";
    std::fs::create_dir(project.path("beta/k8s")).unwrap();
    project.write("beta/k8s/beta.yaml", manifest);
    project.replace("beta/Cargo.toml", "port =", "manifests = [\"k8s/*.yaml\"]\nport =");
    let output = project.xtask(ON_KUBE).args(["--format", "yaml"]).run();
    let yaml = &output.exits(exit::SUCCESS).stdout;
    assert!(yaml.contains("app: beta\n"), "{output}");
    assert!(yaml.contains("image: localhost:5000/team/beta:alpha-0000"), "{output}");
    // Elsewhere nobody reads them.
    project.write("beta/k8s/beta.yaml", &manifest.replace("registry.example.com/beta", "busybox"));
    project.xtask(["plan", "alpha"]).run().exits(exit::SUCCESS);
    let said = "no run builds the image `busybox:latest` of the Deployment `beta`";
    project.xtask(ON_KUBE).run().exits(exit::FAILURE).says(said);
}

#[test]
fn what_only_clusters_have_is_refused_elsewhere() {
    let project = Project::unbuilt();
    for (line, says) in [
        (&["plan", "alpha", "--format", "yaml"][..], "`--format yaml` shows objects"),
        (&["plan", "alpha", "--context", "c"], "`--context` is nothing for the backend `process`"),
        (&["plan", "alpha", "--on", "kube"], "`--on kube` needs `--context <NAME>`"),
    ] {
        project.xtask(line.iter().copied()).run().exits(exit::USAGE).says(says);
    }
    project.replace("beta/Cargo.toml", "port =", "replicas = 2\nport =");
    let says =
        "beta/Cargo.toml: package.metadata.onetag.replicas: the backend `process` runs one copy";
    project.xtask(["plan", "alpha"]).run().exits(exit::FAILURE).says(says);
}
