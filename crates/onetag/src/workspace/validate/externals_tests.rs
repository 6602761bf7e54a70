//! Tables of external services.

use serde_json::{Value, json};

use crate::workspace::testing::{Fixture, error};

/// An external service `redis` with these keys.
fn redis(keys: Value) -> Fixture {
    let mut table = json!({
        "program": "redis-server", "port": 6379, "ready": "tcp",
        "url": "redis://{self.host}:{self.port}",
    });
    let Value::Object(keys) = keys else { panic!("{keys} is no table") };
    table.as_object_mut().unwrap().extend(keys);
    Fixture::new().externals(json!({ "redis": table }))
}

fn refused(keys: Value) -> String {
    error(redis(keys))
}

#[test]
fn names_are_those_of_services() {
    let program = json!({ "program": "x" });
    let named = |name: &str| Fixture::new().externals(json!({ name: program }));
    assert!(named("redis-7").load().is_ok());
    insta::assert_snapshot!(error(named("Redis")), @r"
    Cargo.toml: workspace.metadata.onetag.externals.Redis: `Redis` cannot be the name of a service
    hint: names consist of lower-case letters, digits and `-`, start with a letter, end with a letter or digit, and have at most 63 characters
    ");
    insta::assert_snapshot!(error(named("database")), @"Cargo.toml: workspace.metadata.onetag.externals.database: no service can be named `database`, since placeholders use that word");
    let service = Fixture::new().service("redis", json!({}));
    insta::assert_snapshot!(error(service.externals(json!({ "redis": program }))), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis: `redis` is a service as well, of crates/redis/Cargo.toml: package.metadata.onetag
    hint: give one of the two another name
    ");
    let suites = json!({ "externals": { "redis": program }, "suites": { "redis": {} } });
    assert!(Fixture::new().workspace(suites).load().is_ok());
}

#[test]
fn there_is_something_to_run() {
    insta::assert_snapshot!(error(Fixture::new().externals(json!({ "redis": {} }))), @r#"
    Cargo.toml: workspace.metadata.onetag.externals.redis: neither `image` nor `program`
    hint: `image = "<registry>/<name>@sha256:…"` is for containers, `program = "…"` for processes
    "#);
    insta::assert_snapshot!(refused(json!({ "program": "./redis" })), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.program: `./redis` is not a program
    hint: write a name that is found on the path, or an absolute path
    ");
    insta::assert_snapshot!(refused(json!({ "program": "" })), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.program: `` is not a program
    hint: write a name that is found on the path, or an absolute path
    ");
    assert!(redis(json!({ "program": "/opt/redis/bin/redis-server" })).load().is_ok());
    insta::assert_snapshot!(refused(json!({ "programm": "x" })), @r"
    Cargo.toml: unknown key `workspace.metadata.onetag.externals.redis.programm`
    hint: did you mean `program`? allowed here: image, program, args, process, env, port, url, ready, volume, needs, config, memory
    ");
    insta::assert_snapshot!(refused(json!({ "process": { "arg": [] } })), @r"
    Cargo.toml: unknown key `workspace.metadata.onetag.externals.redis.process.arg`
    hint: did you mean `args`? allowed here: args
    ");
}

#[test]
fn an_image_has_registry_and_digest() {
    let digest = "@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let image = |name: &str| json!({ "image": format!("{name}{digest}") });
    for (name, repository) in [
        ("docker.io/library/redis:7.4", "docker.io/library/redis"),
        ("localhost:5000/redis", "localhost:5000/redis"),
        ("localhost/a/b-c_d", "localhost/a/b-c_d"),
    ] {
        let workspace = redis(image(name)).load().unwrap();
        let image = workspace.services["redis"].external().unwrap().image.clone().unwrap();
        assert_eq!(image.to_string(), format!("{repository}{digest}"));
        assert_eq!(format!("@{}", image.digest()), digest);
    }
    insta::assert_snapshot!(refused(json!({ "image": "docker.io/library/redis:7.4" })), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.image: `docker.io/library/redis:7.4` has no digest
    hint: `skopeo inspect docker://docker.io/library/redis:7.4` shows it: write docker.io/library/redis:7.4@sha256:…
    ");
    insta::assert_snapshot!(refused(json!({ "image": "docker.io/library/redis@sha256:9f" })), @"Cargo.toml: workspace.metadata.onetag.externals.redis.image: `sha256:9f` is not `sha256:` and 64 lower-case hexadecimal digits");
    insta::assert_snapshot!(refused(image("redis:7.4")), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.image: `redis:7.4` names no registry
    hint: did you mean `docker.io/library/redis:7.4`?
    ");
    for name in ["", "docker.io", "docker.io/", "docker.io/Redis", "docker.io/a:b c", "a.b:x/c"] {
        assert!(redis(image(name)).load().is_err(), "{name:?}");
    }
}

#[test]
fn an_address_is_a_value_of_the_environment_file() {
    for url in ["redis://{self.host}:{self.port}/0", "{self.host}:{self.port}", "nats://a@b"] {
        assert!(redis(json!({ "url": url })).load().is_ok(), "{url}");
    }
    insta::assert_snapshot!(refused(json!({ "url": "redis://{self.host}:{self.port}/" })), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.url: `redis://{self.host}:{self.port}/` cannot be the value of a variable
    hint: an address consists of letters, digits and `_./:@,%+=-`, without `/` at its end
    ");
    insta::assert_snapshot!(refused(json!({ "url": "redis://{self.host}?db=1" })), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.url: `redis://{self.host}?db=1` cannot be the value of a variable
    hint: an address consists of letters, digits and `_./:@,%+=-`, without `/` at its end
    ");
    insta::assert_snapshot!(refused(json!({ "url": "" })), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.url: `` cannot be the value of a variable
    hint: an address consists of letters, digits and `_./:@,%+=-`, without `/` at its end
    ");
    insta::assert_snapshot!(refused(json!({ "url": "{self.listen}" })), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.url: `{self.listen}` has no source in an address
    hint: an address consists of text, `{self.host}` and `{self.port}`
    ");
    let portless = json!({ "redis": { "program": "x", "url": "{self.host}" } });
    insta::assert_snapshot!(error(Fixture::new().externals(portless)), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.url: an external service without a port has no address
    hint: add `port = 6379` to [workspace.metadata.onetag.externals.redis] in Cargo.toml
    ");
}

#[test]
fn files_of_a_configuration_lie_in_one_folder() {
    let config = |name: &str| json!({ "args": ["{self.config}/redis.conf"], "config": { "redis.conf": "", name: "" } });
    assert!(redis(config("users_2.acl")).load().is_ok());
    for name in ["", ".", "..", ".hidden", "a/b", "../a", "a b", "a\0"] {
        assert!(redis(config(name)).load().is_err(), "{name:?}");
    }
    insta::assert_snapshot!(refused(config("../a")), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.config: `../a` cannot be the name of a file
    hint: names consist of letters, digits and `._-`, without `/`, and do not start with a dot; the folder is `{self.config}`
    ");
    insta::assert_snapshot!(refused(json!({ "args": ["{self.config}"] })), @r#"
    Cargo.toml: workspace.metadata.onetag.externals.redis.args[0]: `{self.config}` has no source: the external service `redis` has no config
    hint: add `config."name" = "…"` to [workspace.metadata.onetag.externals.redis] in Cargo.toml
    "#);
    insta::assert_snapshot!(refused(json!({ "config": { "a.conf": "port {" } })), @r#"
    Cargo.toml: workspace.metadata.onetag.externals.redis.config."a.conf": `{` without its partner
    hint: close it with `}`, or write `{{` for a brace
    "#);
    insta::assert_snapshot!(refused(json!({ "config": { "a.conf": "{host.TOKEN}" } })), @r#"
    Cargo.toml: workspace.metadata.onetag.externals.redis.config."a.conf": `{host.TOKEN}` is a secret, and it would be written into a file
    hint: give it to the service in a variable of `env`
    "#);
    insta::assert_snapshot!(refused(json!({ "process": { "args": ["{sink.url}"] } })), @r"
    Cargo.toml: workspace.metadata.onetag.externals.redis.process.args[0]: `{sink.url}` has no source: no service named `sink`
    hint: known are: redis, self, database, host
    ");
    let own = Fixture::new().service("a", json!({ "args": ["{self.config}"] }));
    insta::assert_snapshot!(error(own), @r"
    crates/a/Cargo.toml: package.metadata.onetag.args[0]: `{self.config}` has no source: only external services have `config`
    hint: what a service of the workspace reads is part of its `files`
    ");
}

#[test]
fn needs_name_services_and_external_ones_alike() {
    let table = |needs: &str| json!({ "program": "x", "needs": [needs] });
    let circle = json!({ "redis": table("proxy"), "proxy": table("redis") });
    insta::assert_snapshot!(error(Fixture::new().externals(circle)), @r"
    services need each other in a circle: proxy -> redis -> proxy
      Cargo.toml: workspace.metadata.onetag.externals.proxy.needs names `redis`
      Cargo.toml: workspace.metadata.onetag.externals.redis.needs names `proxy`
    hint: remove one of these
    ");
    let service = Fixture::new().service("a", json!({ "needs": ["rdis"] }));
    let externals = json!({ "redis": { "program": "x" } });
    insta::assert_snapshot!(error(service.externals(externals)), @r"
    crates/a/Cargo.toml: package.metadata.onetag.needs: no service named `rdis`
    hint: did you mean `redis`? services: a, redis
    ");
    let unused = Fixture::new().service("a", json!({}));
    let unused = unused.externals(json!({ "redis": table("a") })).load().unwrap().warnings();
    insta::assert_snapshot!(unused.join("\n"), @"Cargo.toml: workspace.metadata.onetag.externals.redis.needs: no placeholder in `env`, `args` or `config` names `a`");
}

#[test]
fn memory_is_a_whole_number_and_a_unit() {
    let memory = |text: &str| {
        let workspace = redis(json!({ "memory": text })).load();
        workspace.ok().map(|workspace| workspace.services["redis"].memory.unwrap())
    };
    assert_eq!(memory("256MiB"), Some(256 << 20));
    assert_eq!(memory("1 GiB"), Some(1 << 30));
    assert_eq!(memory("64KiB"), Some(64 << 10));
    for text in ["", "256", "256MB", "64Mi", "MiB", "1.5GiB", "-1MiB", "+1MiB", "0MiB", " 1MiB"] {
        assert_eq!(memory(text), None, "{text:?}");
    }
    assert_eq!(memory("99999999999999GiB"), None);
    insta::assert_snapshot!(error(Fixture::new().service("a", json!({ "memory": "64Mi" }))), @r#"
    crates/a/Cargo.toml: package.metadata.onetag.memory: `64Mi` is not an amount of memory
    hint: write a whole number of KiB, MiB or GiB, for example "256MiB"
    "#);
}
