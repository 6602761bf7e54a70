//! Services that do not start as they should.

use crate::exit;
use crate::project::Project;

/// `beta` without the standard library's listener, which sets SO_REUSEADDR.
const BINDS_BY_ITSELF: &str = r#"
    unsafe extern "C" {
        fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
        fn bind(socket: i32, address: *const u8, length: u32) -> i32;
    }
    let address = std::env::var("LISTEN_ADDR").unwrap();
    let port: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut name = [0u8; 16];
    name[..2].copy_from_slice(&2u16.to_ne_bytes());
    name[2..4].copy_from_slice(&port.to_be_bytes());
    name[4..8].copy_from_slice(&[127, 0, 0, 1]);
    if unsafe { bind(socket(2, 1, 0), name.as_ptr(), 16) } != 0 {
        eprintln!("cannot bind {address}: {}", std::io::Error::last_os_error());
        std::process::exit(3);
    }
"#;

#[test]
fn a_service_that_never_becomes_ready_is_told_with_its_last_status_and_log() {
    let project = Project::new();
    project.replace("beta/src/main.rs", "Some(\"ready\".to_owned())", "None");
    let output = project.xtask(["e2e", "alpha", "--ready-timeout", "1s"]).run();
    output.exits(exit::FAILURE).does_not_say("Nextest run ID");
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase deploy failed
      because: waiting until service `beta` is ready took longer than 1s, the limit of `--ready-timeout`; last seen: http://[address]/ready answers 404
    its last log lines:
      beta listens on [address]
    hint: `ready` in [temp]/pair/beta/Cargo.toml says when it is ready
    ");
    let report = project.finished_run().json("report.json");
    assert_eq!(report["failed_phase"], "deploy");
}

#[test]
fn a_service_that_dies_is_noticed_at_once() {
    let project = Project::new();
    project.beta_begins_with("eprintln!(\"no luck today\"); std::process::exit(7);");
    let output = project.xtask(["e2e", "alpha", "--ready-timeout", "10m"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase deploy failed
      because: service `beta` ended with code 7 before it was ready
    its last log lines:
      no luck today
    ");
    let report = project.finished_run().json("report.json");
    let phases = report["phases"].as_array().unwrap();
    let deploy = phases.iter().find(|phase| phase["phase"] == "deploy").unwrap();
    assert!(deploy["seconds"].as_f64().unwrap() < 20.0, "{deploy}");
}

#[test]
fn a_service_that_does_not_share_its_port_is_told_how_to() {
    let project = Project::new();
    project.beta_begins_with(BINDS_BY_ITSELF);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase deploy failed
      because: service `beta` ended with code 3 before it was ready
    its last log lines:
      cannot bind [address]: Address already in use (os error 98)
    hint: port [number] is held by the keeper, which never listens on it; set SO_REUSEADDR before binding
    ");
}

#[test]
fn a_binary_that_asks_for_a_missing_library_is_not_deployed() {
    let project = Project::new();
    let build = r#"
fn main() {
    let folder = std::env::var("OUT_DIR").unwrap();
    let library = format!("{folder}/libgone.so");
    let cc = ["-shared", "-Wl,-soname,libgone.so", "-o", &library, "-x", "c", "/dev/null"];
    assert!(std::process::Command::new("cc").args(cc).status().unwrap().success());
    println!("cargo::rustc-link-arg-bins=-Wl,--no-as-needed");
    println!("cargo::rustc-link-arg-bins={library}");
}
"#;
    project.write("beta/build.rs", build);
    let output = project.xtask(["e2e", "alpha"]).run();
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error_of_phase(), @r"
    error: phase build failed
      because: no image can be made of `beta`
      because: `[temp]/pair/target/onetag/executables/[digest]/beta` needs a shared library that its loader does not find: libgone.so: cannot open shared object file: No such file or directory
    hint: install the package that has it, or link it statically; LD_LIBRARY_PATH is left out on purpose, because no image would have it
    ");
}

#[test]
fn a_service_that_ends_while_the_tests_run_fails_the_run() {
    let project = Project::new();
    project.replace(
        "beta/src/main.rs",
        "_ => None",
        "\"/end\" => std::process::exit(9),\n        _ => None",
    );
    project.add_test("ends_beta", "let _ = get(&variable(\"ONETAG_BETA_URL\"), \"/end\");");
    let output = project.xtask(["e2e", "alpha", "--", "-E", "test(ends_beta)"]).run();
    output.exits(exit::FAILURE).says("service `beta` ended with code 9 while the tests ran");
}
