//! The compiler: which one, what wraps it, what it prints, how it links.

use camino::Utf8PathBuf;

use crate::exit;
use crate::project::{Project, manifest};

#[test]
fn a_relative_wrapper_is_found_from_a_member_s_folder() {
    let project = Project::new();
    let wrapper = "#!/bin/sh\necho called >>\"$CALLS\"\nexec \"$@\"\n";
    project.program("wrapper", wrapper);
    std::fs::rename(project.programs().join("wrapper"), project.path("alpha/wrapper")).unwrap();
    let calls = project.temp_path().join("calls");
    let command = project.xtask(["e2e", "alpha"]).env("RUSTC_WRAPPER", "./wrapper");
    let command = command.env("CALLS", calls.as_str()).in_folder(&project.path("alpha"));
    command.run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
    assert!(calls.exists());
}

/// The programs of the toolchain itself: what is on the path may be rustup's.
fn toolchain(program: &str) -> Utf8PathBuf {
    let output = std::process::Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    Utf8PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).join("bin").join(program)
}

#[test]
fn a_compiler_that_only_cargo_s_configuration_names_is_used() {
    let project = Project::new();
    for program in ["cargo-nextest", "cc", "ld", "as", "sh", "env"] {
        project.link_program(program);
    }
    // A copy, so that no compiler lies beside it.
    std::fs::copy(toolchain("cargo"), project.programs().join("cargo")).unwrap();
    let configuration = format!("[build]\nrustc = '{}'\n", toolchain("rustc"));
    project.create(".cargo/config.toml", &configuration);
    let command = project.xtask(["e2e", "alpha"]).env("PATH", project.programs().as_str());
    // Cargo puts its own folder on the path of what it starts.
    let command = command.env("CARGO_HOME", project.temp_path().join("cargo-home").as_str());
    command.run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

/// Cargo hands it on between its own messages.
#[test]
fn what_a_macro_prints_is_no_message_of_cargo() {
    let project = Project::new();
    project.create("noisy/Cargo.toml", &manifest("noisy", "[lib]\nproc-macro = true\n"));
    let source = r#"
use std::io::Write as _;

#[proc_macro]
pub fn noise(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let mut stdout = std::io::stdout();
    stdout.write_all(b"{ traced item }\n{\"reason\": 7}\n[]\n").unwrap();
    stdout.write_all(b"no utf-8: \xff\xfe\n{\"\xff\": 1}\n").unwrap();
    stdout.flush().unwrap();
    Default::default()
}
"#;
    project.create("noisy/src/lib.rs", source);
    project.replace("Cargo.toml", "\"beta\"", "\"beta\", \"noisy\"");
    let dependency = "[dependencies]\nnoisy = { path = \"../noisy\" }\n";
    for (manifest, source) in
        [("beta/Cargo.toml", "beta/src/main.rs"), ("tests/Cargo.toml", "tests/suites/alpha.rs")]
    {
        project.replace(manifest, "[dependencies]\n", dependency);
        project.append(source, "\nnoisy::noise!();\n");
    }
    project.update_lock_file();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}

/// The programs need the shared library of the toolchain.
#[test]
fn programs_that_share_the_standard_library_run() {
    let project = Project::new();
    let configuration = "[build]\nrustflags = [\"-C\", \"prefer-dynamic\"]\n";
    project.create(".cargo/config.toml", configuration);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
}
