//! External services on a backend that runs published images.

use super::fixture::FakeProject;
use crate::exit;

/// A copy that has an external service `redis` with this image.
fn with_redis(image: &str) -> FakeProject {
    let fake = FakeProject::new(&[]);
    let table = format!(
        "\n[workspace.metadata.onetag.externals.redis]\n{image}\nport = 6379\nready = \"tcp\"\n\
         url = \"redis://{{self.host}}:{{self.port}}\"\nprocess.args = [\"{{self.config}}\"]\n\
         config.a = \"a\"\nmemory = \"64MiB\"\n"
    );
    fake.project.append("Cargo.toml", &table);
    fake.project.replace("alpha/Cargo.toml", "[\"beta\"]", "[\"beta\", \"redis\"]");
    fake
}

fn pinned() -> FakeProject {
    with_redis(&format!("image = \"docker.io/library/redis:7.4@sha256:{}\"", "12".repeat(32)))
}

#[test]
fn tests_are_told_its_image_and_both_addresses() {
    let fake = pinned();
    fake.project.append(
        "tests/suites/alpha.rs",
        "
#[test]
fn redis_is_there() {
    let digest = format!(\"sha256:{}\", \"12\".repeat(32));
    assert_eq!(variable(\"ONETAG_EXTERNALS\"), \"redis\");
    assert_eq!(variable(\"ONETAG_REDIS_DIGEST\"), digest);
    assert_eq!(variable(\"ONETAG_REDIS_IMAGE\"), format!(\"docker.io/library/redis@{digest}\"));
    assert_eq!(variable(\"ONETAG_REDIS_INTERNAL_URL\"), \"redis://redis.internal:80\");
    assert!(variable(\"ONETAG_REDIS_URL\").starts_with(\"redis://127.0.0.1:\"));
}
",
    );
    fake.e2e().exits(exit::SUCCESS).says("2 tests run: 2 passed");
    let run = fake.project.finished_run();
    let deployed = &run.json("plan.json")["services"]["redis"];
    assert_eq!(deployed["digests"]["pinned"], format!("sha256:{}", "12".repeat(32)));
    assert_eq!(deployed["settings"]["memory"], 64 << 20);
    assert_eq!(deployed["settings"]["args"], serde_json::json!([]));
}

#[test]
fn one_that_is_not_to_be_had_ends_the_run() {
    let fake = pinned();
    fake.faults(&["external fail"]);
    let output = fake.e2e();
    output.exits(exit::FAILURE).says("error: phase prepare failed");
    output.says("the external service `redis` cannot run `docker.io/library/redis@sha256:1212");
    output.says("hint: take `external fail` out of its faults");

    fake.faults(&["external lie"]);
    let output = fake.e2e();
    output.exits(exit::FAILURE).says("the image store of `fake` has sha256:");
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_backend_that_runs_images_wants_one() {
    let fake = with_redis("program = \"redis-server\"");
    let output = fake.e2e();
    output.is_refused_before_the_build();
    output.says("externals.redis.image is missing: the backend `fake` runs published images");
    output.says("@sha256:…\"` there, or set ONETAG_IMAGE_OF_REDIS");
}

#[test]
fn the_callers_image_goes_before_that_of_metadata() {
    let image = format!("localhost:5000/redis@sha256:{}", "34".repeat(32));
    for fake in [pinned(), with_redis("program = \"redis-server\"")] {
        let e2e = |image: &str| {
            let command = fake.project.xtask(["e2e", "alpha", "--on", "fake"]);
            command.env("ONETAG_IMAGE_OF_REDIS", image).run()
        };
        let output = e2e("localhost:5000/redis:7");
        output.is_refused_before_the_build();
        output.says("ONETAG_IMAGE_OF_REDIS").says("`localhost:5000/redis:7` has no digest");
        e2e(&image).exits(exit::SUCCESS);
        let deployed = &fake.project.finished_run().json("plan.json")["services"]["redis"];
        assert_eq!(deployed["digests"]["pinned"], image.split_once('@').unwrap().1);
    }
}
