//! Services as foreign workspaces have them: with files, with arguments, without
//! HTTP, without a port, several in a package.

mod keys;
mod profiles;
mod secrets;
mod several;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use crate::exit;
use crate::project::{Project, Run, manifest};

/// Lets a service take its address as an argument.
fn takes_arguments(project: &Project) {
    let variable = "std::env::var(\"LISTEN_ADDR\").expect(\"LISTEN_ADDR is not set\")";
    let argument =
        "std::env::args().skip_while(|word| word != \"--listen\").nth(1).expect(\"no --listen\")";
    project.replace("tiny/src/lib.rs", variable, argument);
}

#[test]
fn a_service_takes_its_addresses_as_arguments() {
    let project = Project::new();
    takes_arguments(&project);
    project.replace(
        "alpha/Cargo.toml",
        "env = { LISTEN_ADDR = \"{self.listen}\", BETA_URL",
        "args = [\"--listen\", \"{self.listen}\", \"two words\", \"\"]\nenv = { BETA_URL",
    );
    project.replace(
        "beta/Cargo.toml",
        "env = { LISTEN_ADDR = \"{self.listen}\", ",
        "args = [\"--me={self.url}\", \"--listen\", \"{self.host}:{self.port}\"]\nenv = { ",
    );
    let ready = "assert_eq!(std::env::args().skip(3).collect::<Vec<_>>(), [\"two words\", \"\"]);";
    project.replace("alpha/src/main.rs", "fn main() {", &format!("fn main() {{\n{ready}"));
    project.beta_begins_with("eprintln!(\"{}\", std::env::args().nth(1).unwrap());");
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("3 tests run: 3 passed");
    assert!(project.finished_run().read("logs/beta.log").contains("--me=http://127.0.0.1:"));

    // Other arguments are another service.
    project.up();
    project.replace("beta/Cargo.toml", "--me={self.url}", "--me={self.port}");
    project.xtask(["test", "alpha"]).run().exits(exit::FAILURE).says("`beta`");
    assert_eq!(project.up().get("beta", "/starts"), "xx");
}

#[test]
fn a_service_serves_files_of_its_package() {
    let project = Project::new();
    project.replace("beta/Cargo.toml", "port =", "files = [\"static\", \"words.txt\"]\nport =");
    project.create("beta/static/pages/index.html", "hello from a file");
    project.create("beta/words.txt", "words");
    // Neither is of the image.
    project.create("beta/secret.txt", "secret");
    let paths = "\"/page\" => std::fs::read_to_string(\"./static/pages/index.html\").ok(),
        \"/words\" => std::fs::read_to_string(\"words.txt\").ok(),
        \"/secret\" => std::fs::read_to_string(\"secret.txt\").ok(),
        \"/starts\"";
    project.replace("beta/src/main.rs", "\"/starts\"", paths);
    project.add_test(
        "files_are_there",
        "let beta = variable(\"ONETAG_BETA_URL\");
         assert_eq!(get(&beta, \"/page\").unwrap(), variable(\"EXPECTED\"));
         assert_eq!(get(&beta, \"/words\").unwrap(), \"words\");
         assert!(get(&beta, \"/secret\").is_err());",
    );
    let run = |verb: &str, page: &str| project.xtask([verb, "alpha"]).env("EXPECTED", page).run();
    run("e2e", "hello from a file").exits(exit::SUCCESS).says("4 tests run: 4 passed");

    // An edited file is another image of the same program.
    project.up();
    project.write("beta/static/pages/index.html", "hello again");
    run("test", "hello from a file").exits(exit::FAILURE).says("`beta`").says("up alpha");
    run("e2e", "hello again").exits(exit::SUCCESS);
    let digests = |kind: &str| {
        let digest = |run: &Run| run.digest("beta", kind);
        project.finished().iter().map(digest).collect::<BTreeSet<_>>().len()
    };
    assert_eq!((digests("executable"), digests("config"), digests("manifest")), (1, 2, 2));
}

#[test]
fn files_that_were_copied_anew_are_not_those_of_a_service_that_runs() {
    let project = Project::new();
    project.replace("beta/Cargo.toml", "port =", "files = [\"words.txt\"]\nport =");
    project.create("beta/words.txt", "words");
    project.up();
    let files = project.onetag().join("files");
    let mut folders = files.read_dir_utf8().unwrap().map(|folder| folder.unwrap().into_path());
    let of_beta = folders.find(|folder| folder.join("words.txt").exists()).unwrap();
    std::fs::set_permissions(&of_beta, PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::remove_dir_all(of_beta).unwrap();
    project
        .xtask(["test", "alpha"])
        .run()
        .exits(exit::FAILURE)
        .says("the folder in which `beta-0` was started, ")
        .says("hint: end the run");
}

#[test]
fn files_outside_of_the_package_are_refused() {
    for file in ["../tiny", "/etc/hostname", ".", "nosuch"] {
        let project = Project::new();
        project.replace("beta/Cargo.toml", "port =", &format!("files = [\"{file}\"]\nport ="));
        let output = project.xtask(["e2e", "alpha"]).run();
        output.is_refused_before_the_build().says("beta/Cargo.toml").says("files").says(file);
        output.does_not_say("unknown key");
    }
}

/// As one that speaks gRPC only: it answers nothing to HTTP/1.
const ECHO: &str = r#"
fn main() {
    let address = std::env::var("LISTEN_ADDR").unwrap();
    let listener = std::net::TcpListener::bind(address).unwrap();
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
    }
}
"#;

#[test]
fn a_service_without_http_is_ready_once_it_listens() {
    let project = Project::new();
    project.write("beta/src/main.rs", ECHO);
    project.replace("beta/Cargo.toml", "ready = \"/ready\"", "ready = \"tcp\"");
    project.replace("alpha/Cargo.toml", "{beta.url}", "{beta.host}:{beta.port}");
    let serve =
        "    let mut stream = std::net::TcpStream::connect(&beta).expect(\"beta does not listen\");
    echo(&mut stream);
    tiny::serve(\"alpha\", GREETING, |path| match path {
        \"/ready\" => Some(\"ready\".to_owned()),
        _ => None,
    });
}

fn echo(stream: &mut std::net::TcpStream) {
    use std::io::{Read, Write};
    stream.write_all(b\"echo\").unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b\"echo\");
}
";
    let source = project.read("alpha/src/main.rs");
    let (head, _) = source.split_once("    tiny::serve(").unwrap();
    project.write("alpha/src/main.rs", &format!("{head}{serve}"));
    let test = "#[test]
fn has_an_address() {
    assert!(std::env::var(\"ONETAG_BETA_URL\").unwrap().contains(\"127.0.0.1:\"));
}\n";
    project.write("tests/suites/alpha.rs", test);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("1 test run: 1 passed");
}

/// It asks another service for work.
const WORKER: &str = r#"
fn main() {
    let alpha = std::env::var("ALPHA_URL").unwrap();
    loop {
        let _ = tiny::get(&alpha, "/work");
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
}
"#;

#[test]
fn a_worker_without_a_port_is_ready_once_it_has_started() {
    let project = Project::new();
    project.write("beta/src/main.rs", WORKER);
    project.write(
        "beta/Cargo.toml",
        &manifest(
            "beta",
            "[dependencies]
tiny = { path = \"../tiny\" }

[package.metadata.onetag]
needs = [\"alpha\"]
ready = \"started\"
env = { ALPHA_URL = \"{alpha.url}\" }
",
        ),
    );
    project.replace("alpha/Cargo.toml", "needs = [\"beta\"]\n", "");
    project.replace("alpha/Cargo.toml", ", BETA_URL = \"{beta.url}\"", "");
    project.append("alpha/Cargo.toml", "needs = [\"beta\"]\n");
    let source = "fn main() {
    let work = std::sync::atomic::AtomicUsize::new(0);
    let order = std::sync::atomic::Ordering::Relaxed;
    tiny::serve(\"alpha\", \"\", |path| match path {
        \"/ready\" => Some(\"ready\".to_owned()),
        \"/work\" => Some(work.fetch_add(1, order).to_string()),
        \"/done\" => Some(work.load(order).to_string()),
        _ => None,
    });
}\n";
    project.write("alpha/src/main.rs", source);
    let tests = "#[test]
fn the_worker_works() {
    assert_eq!(std::env::var(\"ONETAG_SERVICES\").unwrap(), \"alpha,beta\");
    assert!(std::env::var(\"ONETAG_BETA_URL\").is_err());
    let alpha = std::env::var(\"ONETAG_ALPHA_URL\").unwrap();
    let started = std::time::Instant::now();
    while tiny::get(&alpha, \"/done\").unwrap() == \"0\" {
        assert!(started.elapsed().as_secs() < 20, \"the worker does not work\");
    }
}\n";
    project.write("tests/suites/alpha.rs", tests);
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS).says("1 test run: 1 passed");
    let witness = project.finished_run().read("witness.json");
    assert!(witness.contains("\"beta-0\""), "{witness}");

    // One that ends by itself is not overlooked, whatever the tests say. Who sees it
    // first is a matter of time: deploying, the hook, or the witness.
    project.write("tests/suites/alpha.rs", "#[test]\nfn passes() {}\n");
    project.write("beta/src/main.rs", "fn main() { std::process::exit(7) }\n");
    let output = project.xtask(["e2e", "alpha"]).run();
    assert!([Some(exit::FAILURE), Some(exit::HOOK_FAILED)].contains(&output.code()), "{output}");
    output.says("`beta`").says("code 7");
}
