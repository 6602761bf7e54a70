//! An external service from a registry on loopback: pulled once, by its digest.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::real::{left, lines};
use crate::exit;
use crate::externals::with_redis;
use crate::project::Project;
use crate::wait::{Look, until};

/// Debian's registry.
struct Registry {
    process: Child,
    temp: tempfile::TempDir,
    address: String,
}

impl Registry {
    fn start() -> Registry {
        let temp = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (folder, config) = (temp.path().display(), temp.path().join("config.yml"));
        let text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {folder}/registry\nhttp:\n  addr: {free}\n"
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        until("the registry answers", || match std::net::TcpStream::connect(free) {
            Ok(_) => Look::Done(()),
            Err(error) => Look::NotYet(error.to_string()),
        });
        Registry { process, temp, address: free.to_string() }
    }

    fn folder(&self) -> &Utf8Path {
        Utf8Path::from_path(self.temp.path()).unwrap()
    }

    /// Publishes an image with Debian's redis; returns its name with its digest.
    fn publish_redis(&self) -> String {
        let root = self.folder().join("root");
        for folder in ["tmp", "data"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let program = "/usr/bin/redis-server";
        let listed = lines("ldd", &[program]);
        let paths = listed.iter().flat_map(|line| line.split_whitespace());
        for path in paths.filter(|word| word.starts_with('/')).chain([program]) {
            lines("cp", &["--parents", "--dereference", path, root.as_str()]);
        }
        let file = "FROM scratch\nCOPY root /\nENTRYPOINT [\"/usr/bin/redis-server\"]\n";
        fs::write(self.folder().join("Containerfile"), file).unwrap();
        let name = format!("{}/redis", self.address);
        lines("podman", &["build", "--quiet", "--tag", &name, self.folder().as_str()]);
        lines("podman", &["push", "--quiet", "--tls-verify=false", &name]);
        lines("podman", &["rmi", &name]);
        let format = "{{.Digest}}";
        let remote = format!("docker://{name}");
        let digest =
            lines("skopeo", &["inspect", "--tls-verify=false", "--format", format, &remote]);
        format!("{name}@{}", digest[0])
    }

    /// Has podman talk to it without TLS, as docker does with all of loopback.
    fn configuration(&self) -> Utf8PathBuf {
        let path = self.folder().join("registries.conf");
        let text = format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", self.address);
        fs::write(&path, text).unwrap();
        path
    }

    fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn project(image: &str) -> Project {
    let project = with_redis().with_engines();
    project.replace(
        "Cargo.toml",
        "program = \"redis-server\"",
        &format!("program = \"redis-server\"\nimage = \"{image}\""),
    );
    project.replace("Cargo.toml", "appendonly yes", "appendonly yes\nprotected-mode no");
    project.add_test(
        "redis_is_one_for_all",
        "assert_eq!(get(&variable(\"ONETAG_ALPHA_URL\"), \"/redis\").unwrap(), \":1\");
         assert_eq!(redis(&variable(\"ONETAG_REDIS_URL\"), \"INCR hits\").unwrap(), \":2\");
         assert_eq!(variable(\"ONETAG_REDIS_INTERNAL_URL\"), \"redis://redis:6379\");
         assert!(variable(\"ONETAG_REDIS_IMAGE\").contains(&variable(\"ONETAG_REDIS_DIGEST\")));",
    );
    project
}

#[test]
fn an_image_is_pulled_once_and_never_without_its_digest() {
    let mut registry = Registry::start();
    let image = registry.publish_redis();
    let configuration = registry.configuration();
    let e2e = |project: &Project, engine: &str| {
        let command = project.xtask(["e2e", "alpha", "--on", engine]);
        command.env("CONTAINERS_REGISTRIES_CONF", configuration.as_str()).run()
    };
    let (name, _) = image.split_once('@').unwrap();
    for engine in ["podman", "docker"] {
        let missing = project(&format!("{name}@sha256:{}", "0".repeat(64)));
        e2e(&missing, engine)
            .exits(exit::FAILURE)
            .says(&format!("hint: the external service `redis` needs it once: `{engine} pull "));
        let project = project(&image);
        e2e(&project, engine).exits(exit::SUCCESS).says("nothing is left");
        assert_eq!(left(engine, &project), [""; 0]);
        let witness = project.finished_run().json("witness.json");
        let mut replicas = witness["replicas"].as_array().unwrap().iter();
        let redis = replicas.find(|seen| seen["service"] == "redis").unwrap();
        assert!(image.ends_with(redis["seen"].as_str().unwrap()), "{redis}");
    }
    // It is there.
    registry.stop();
    for engine in ["podman", "docker"] {
        e2e(&project(&image), engine).exits(exit::SUCCESS);
        lines(engine, &["rmi", &image]);
    }
}
