//! The fixture workspace with an xtask that has the fake backend.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::exit;
use crate::project::{Output, Project};

/// Tests that do not ask much of what runs.
const SUITE: &str = "
fn variable(key: &str) -> String {
    std::env::var(key).unwrap_or_else(|_| panic!(\"{key} is not set\"))
}

#[test]
fn the_run_is_reached() {
    tiny::get(&variable(\"ONETAG_ALPHA_URL\"), \"/\").unwrap();
    assert_eq!(variable(\"ONETAG_ALPHA_INTERNAL_URL\"), \"http://alpha.internal:80\");
    assert_eq!(variable(\"ONETAG_BACKEND\"), \"fake\");
    assert_eq!(variable(\"ONETAG_CAPABILITIES\"), \"kill,stop\");
}
";

pub(crate) struct FakeProject {
    pub(crate) project: Project,
}

impl FakeProject {
    /// A copy whose backend has these faults.
    pub(crate) fn new(faults: &[&str]) -> FakeProject {
        let fake = FakeProject { project: Project::new() };
        let xtask = Utf8Path::new(env!("CARGO_BIN_EXE_xtask"));
        // Nextest builds examples with the tests.
        let program = xtask.with_file_name("examples").join("fake");
        assert!(program.exists(), "{program}: build it with `cargo build -p xtask --examples`");
        let world = fake.world();
        fs::create_dir_all(&world).unwrap();
        let script =
            format!("#!/bin/sh\nshift\nexport FAKE_BACKEND='{world}'\nexec '{program}' \"$@\"\n");
        fake.project.program("cargo-xtask", &script);
        fake.project.write("tests/suites/alpha.rs", SUITE);
        fake.faults(faults);
        fake
    }

    /// The folder of the fake backend.
    pub(crate) fn world(&self) -> Utf8PathBuf {
        self.project.temp_path().join("world")
    }

    /// Has it have these faults from now on, and no others.
    pub(crate) fn faults(&self, faults: &[&str]) {
        fs::write(self.world().join("faults"), faults.join("\n")).unwrap();
    }

    /// A kept run on it.
    pub(crate) fn up(&self) {
        self.project.xtask(["up", "alpha", "--on", "fake"]).run().exits(exit::SUCCESS);
    }

    /// The whole cycle on it.
    pub(crate) fn e2e(&self) -> Output {
        self.project.xtask(["e2e", "alpha", "--on", "fake", "--ready-timeout", "4s"]).run()
    }

    /// What it made and did not remove.
    pub(crate) fn left(&self) -> Vec<String> {
        let made_outside = self.world().join("outside-of-the-ledger");
        assert!(!made_outside.exists(), "made before it was in the ledger: {made_outside}");
        let left = self.world().join("objects").read_dir_utf8().into_iter().flatten();
        left.map(|entry| entry.unwrap().file_name().to_owned()).collect()
    }

    /// Removes that, as somebody does by hand.
    pub(crate) fn remove_left(&self) {
        for name in self.left() {
            fs::remove_file(self.world().join("objects").join(name)).unwrap();
        }
    }
}
