//! The fixture workspace with external services.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use camino::Utf8PathBuf;

use crate::project::{Process, Project, Run};
use crate::wait::{Look, until};

/// A redis that has its address of its arguments and the rest of a file.
const REDIS: &str = r#"
[workspace.metadata.onetag.externals.redis]
program = "redis-server"
args = ["{self.config}/redis.conf", "--port", "{self.port}"]
port = 6379
url = "redis://{self.host}:{self.port}"
ready = "tcp"
volume = "/data"

[workspace.metadata.onetag.externals.redis.config]
"redis.conf" = """
bind {self.host}
dir {self.volume}
appendonly yes
"""
"#;

/// One command, and the first line of its answer.
const CLIENT: &str = r#"
#[allow(dead_code)]
fn redis(url: &str, command: &str) -> std::io::Result<String> {
    use std::io::{BufRead as _, Write as _};
    let address = url.strip_prefix("redis://").expect("an address of redis");
    let mut stream = std::net::TcpStream::connect(address)?;
    write!(stream, "{command}\r\n")?;
    let mut line = String::new();
    std::io::BufReader::new(stream).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}
"#;

/// The fixture whose service `alpha` needs a redis, and counts there who asks for
/// `/redis`.
pub(crate) fn with_redis() -> Project {
    let project = Project::new();
    project.append("Cargo.toml", REDIS);
    project.replace("alpha/Cargo.toml", "[\"beta\"]", "[\"beta\", \"redis\"]");
    project.replace("alpha/Cargo.toml", "env = {", "env = { REDIS_URL = \"{redis.url}\",");
    let path = "\"/redis\" => redis(&std::env::var(\"REDIS_URL\").unwrap(), \"INCR hits\").ok(),\n";
    project.replace("alpha/src/main.rs", "\"/beta\" =>", &format!("{path}        \"/beta\" =>"));
    project.append("alpha/src/main.rs", CLIENT);
    project.append("tests/suites/alpha.rs", CLIENT);
    project
}

/// The fixture whose service `alpha` needs an external one `helper`, with these keys,
/// whose program is made of this source.
pub(super) fn with_helper(keys: &str, source: &str) -> Project {
    let project = Project::new();
    let table =
        format!("\n[workspace.metadata.onetag.externals.helper]\nprogram = \"helper\"\n{keys}\n");
    project.append("Cargo.toml", &table);
    project.replace("alpha/Cargo.toml", "[\"beta\"]", "[\"beta\", \"helper\"]");
    compile(&project, source);
    project
}

/// Makes the program `helper`, first on the path.
pub(super) fn compile(project: &Project, source: &str) -> Utf8PathBuf {
    let file = project.temp_path().join("helper.rs");
    std::fs::write(&file, source).unwrap();
    let program = project.programs().join("helper");
    let made = program.with_extension("new");
    let mut rustc = std::process::Command::new("rustc");
    let status = rustc.args(["--edition", "2024", "-o", made.as_str(), file.as_str()]).status();
    assert!(status.unwrap().success());
    // One that runs can be replaced, but not written to.
    std::fs::rename(made, &program).unwrap();
    program
}

/// What runs of an external service of a kept run.
pub(super) fn process(run: &Run, service: &str) -> Process {
    let witness = run.json("witness.json");
    let mut replicas = witness["replicas"].as_array().unwrap().iter();
    let seen = replicas.find(|seen| seen["service"] == service).unwrap();
    let pid = seen["location"].as_str().unwrap().strip_prefix("pid ").unwrap();
    Process::of(pid.parse().unwrap()).unwrap()
}

/// Sends one command to a redis, which may have to read its data first; returns the first
/// line of its answer.
pub(super) fn ask(url: &str, command: &str) -> String {
    let address = url.rsplit_once('/').unwrap().1;
    until("redis has read its data", || {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{command}\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        match line.trim_end() {
            loading if loading.starts_with("-LOADING") => Look::NotYet(loading.to_owned()),
            answer => Look::Done(answer.to_owned()),
        }
    })
}
