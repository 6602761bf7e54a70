//! Workspaces as cargo describes them.

use super::*;

#[test]
fn this_repository_loads() {
    let here = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = load(here, &Interrupt::default()).unwrap();
    assert!(here.starts_with(&workspace.root), "{here} is not below {}", workspace.root);
    for suite in workspace.suites.values() {
        let plan = workspace.plan(suite).unwrap();
        for service in plan.services() {
            for need in &service.service.needs {
                assert!(plan.service(need).is_some(), "`{need}` is not planned");
            }
        }
    }
}

/// As people write it: inline tables, dotted keys, all keys of a service.
#[test]
fn metadata_in_toml_becomes_a_plan() {
    const PACKAGES: [(&str, &str); 4] = [
        (
            "records",
            r#"
            [package.metadata.onetag]
            port = 8080
            ready = "/health/ready"
            database = ["sqlite", "postgres"]
            volume = "/data"
            env = { LISTEN_ADDR = "{self.listen}", DATABASE_URL = "{database.url}" }
            "#,
        ),
        (
            "messenger",
            r#"
            [package.metadata.onetag]
            needs = ["records"]
            port = 8080
            ready = "/health/ready"
            env = { DATASTORAGE_URL = "{records.url}", RETRY_INITIAL = "30s" }

            [package.metadata.onetag.suite]
            tests = ["messenger::it"]
            needs = ["sink"]
            env.messenger = { RETRY_INITIAL = "50ms", SLACK_URL = "{sink.url}/hook/slack" }
            "#,
        ),
        ("sink", "[package.metadata.onetag]\nport = 8080\nready = '/health/ready'\n"),
        ("bystander", ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    let manifest = "[workspace]\nresolver = '3'\nmembers = ['*']\n\
                    [workspace.metadata.onetag.suites.pipeline]\n\
                    tests = ['sink::it']\nneeds = ['messenger']\n";
    std::fs::write(root.join("Cargo.toml"), manifest).unwrap();
    for (name, metadata) in PACKAGES {
        let package = root.join(name);
        std::fs::create_dir_all(package.join("src")).unwrap();
        std::fs::create_dir_all(package.join("tests")).unwrap();
        std::fs::write(package.join("src/main.rs"), "fn main() {}\n").unwrap();
        std::fs::write(package.join("tests/it.rs"), "").unwrap();
        let manifest = format!("[package]\nname = '{name}'\nedition = '2024'\n{metadata}");
        std::fs::write(package.join("Cargo.toml"), manifest).unwrap();
    }

    let workspace = load(&root.join("sink"), &Interrupt::default()).unwrap();
    let names: Vec<&String> = workspace.services.keys().collect();
    assert_eq!(names, ["messenger", "records", "sink"]);
    let plan = |suite: &str| workspace.plan(workspace.suite(suite).unwrap()).unwrap();
    let order = |suite: &str| -> Vec<String> {
        plan(suite).services().map(|planned| planned.service.name.clone()).collect()
    };
    assert_eq!(order("messenger"), ["records", "sink", "messenger"]);
    assert_eq!(order("pipeline"), ["records", "messenger"]);
    let planned = plan("messenger");
    let env = &planned.service("messenger").unwrap().env;
    assert_eq!(env["RETRY_INITIAL"].to_string(), "50ms");
    assert_eq!(env["SLACK_URL"].to_string(), "{sink.url}/hook/slack");
}

#[test]
fn outside_of_a_workspace_cargo_says_so() {
    let empty = tempfile::tempdir().unwrap();
    let cwd = Utf8Path::from_path(empty.path()).unwrap();
    let error = load(cwd, &Interrupt::default()).unwrap_err().to_string();
    assert!(error.contains("could not find `Cargo.toml`"), "{error}");
    assert!(error.starts_with("`cargo metadata` ended with code 101 in "), "{error}");
}
