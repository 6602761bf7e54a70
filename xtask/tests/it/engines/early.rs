//! What is built early is loaded while cargo goes on.

use super::fake::{FakeEngine, green};

/// The build of a package, which waits until the engine has an image of another one.
const WAITS: &str = r#"
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let images = std::path::Path::new(&std::env::var("FAKE_ENGINE").unwrap()).join("images");
    let is_beta = |name: &std::ffi::OsStr| name.to_string_lossy().contains("beta");
    let begun = std::time::Instant::now();
    while begun.elapsed().as_secs() < 60 {
        let mut names = images.read_dir().into_iter().flatten().flatten();
        if names.any(|entry| is_beta(&entry.file_name())) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("nothing was loaded");
}
"#;

#[test]
fn an_image_is_loaded_while_cargo_builds_another_service() {
    let fake = FakeEngine::new();
    fake.project.write("alpha/build.rs", WAITS);
    // One of them may be the build that waits.
    let e2e = fake.xtask(["e2e", "alpha", "--on", "podman"]).env("CARGO_BUILD_JOBS", "2");
    green(&e2e.run());
    assert_eq!(fake.calls("load"), 2);
}

/// Cargo decides by times, and tells of old bytes first. Their loads are over before those of
/// the next generation begin.
#[test]
fn what_is_built_once_more_gets_another_name() {
    let fake = FakeEngine::new();
    green(&fake.e2e("podman"));
    let file = "beta/src/main.rs";
    fake.project.replace(file, "hello from beta", "another greeting");
    fake.project.date_back(file);
    fake.fault("image inspect", "slow");
    let output = fake.e2e("podman");
    green(&output);
    output.says("building `beta` again");
    output.says("since images were loaded that cargo built once more");
    fake.mend("image inspect");
    assert_eq!(fake.has(), [""; 0]);
    assert_eq!(fake.project.xtask(["status"]).run().stdout, "");
    let run = fake.project.finished().pop().unwrap();
    let plan = run.json("plan.json");
    let reference = |service: &str| plan["services"][service]["reference"].as_str().unwrap();
    assert!(reference("beta").ends_with(".2"), "{plan}");
    assert!(reference("alpha").ends_with(".2"), "{plan}");
}
