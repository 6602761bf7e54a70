//! The fixture workspace with an engine that does as it is told.

use std::fs;

use camino::Utf8PathBuf;

use crate::exit;
use crate::project::{Command, Output, Project};

const ENGINE: &str = include_str!("fake.sh");

/// Nothing can be asked of what does nothing.
const SUITE: &str = "#[test]\nfn the_run_is_there() {}\n";

pub(super) struct FakeEngine {
    pub(super) project: Project,
}

impl FakeEngine {
    pub(super) fn new() -> FakeEngine {
        let fake = FakeEngine { project: Project::new() };
        for engine in ["podman", "docker"] {
            fake.project.program(engine, ENGINE);
        }
        fake.project.write("tests/suites/alpha.rs", SUITE);
        for manifest in ["alpha/Cargo.toml", "beta/Cargo.toml"] {
            fake.project.replace(manifest, "ready = \"/ready\"", "ready = \"started\"");
        }
        fs::create_dir_all(fake.state().join("faults")).unwrap();
        fake
    }

    /// The folder of the engine.
    pub(super) fn state(&self) -> Utf8PathBuf {
        self.project.temp_path().join("engine")
    }

    pub(super) fn xtask<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        self.project.xtask(arguments).env("FAKE_ENGINE", self.state().as_str())
    }

    pub(super) fn e2e(&self, engine: &str) -> Output {
        self.xtask(["e2e", "alpha", "--on", engine]).run()
    }

    /// How a command of the engine goes wrong from now on.
    pub(super) fn fault(&self, command: &str, fault: &str) {
        fs::write(self.state().join("faults").join(command), fault).unwrap();
    }

    /// It does not any more.
    pub(super) fn mend(&self, command: &str) {
        fs::remove_file(self.state().join("faults").join(command)).unwrap();
    }

    /// How often it was called so.
    pub(super) fn calls(&self, command: &str) -> usize {
        let calls = fs::read_to_string(self.state().join("calls")).unwrap_or_default();
        calls.lines().filter(|call| call.starts_with(command)).count()
    }

    /// An image of somebody's.
    pub(super) fn add_image(&self, name: &str, digest: &str) {
        let path = self.state().join("images").join(name.replace('/', "@"));
        fs::write(path, format!("{digest}\n")).unwrap();
    }

    /// What it has: images, containers, networks.
    pub(super) fn has(&self) -> Vec<String> {
        let mut all = Vec::new();
        for kind in ["containers", "images", "networks"] {
            let names = self.state().join(kind).read_dir_utf8().into_iter().flatten();
            all.extend(names.map(|name| name.unwrap().file_name().replace('@', "/")));
        }
        all
    }

    /// The digest of an image, and the name.
    pub(super) fn images(&self) -> Vec<(String, String)> {
        let images = self.state().join("images").read_dir_utf8().into_iter().flatten();
        let read = |entry: std::io::Result<camino::Utf8DirEntry>| {
            let entry = entry.unwrap();
            let digest = fs::read_to_string(entry.path()).unwrap().trim().to_owned();
            (entry.file_name().replace('@', "/"), digest)
        };
        images.map(read).collect()
    }

    /// Removes what it has, as somebody does by hand.
    pub(super) fn clear(&self) {
        for kind in ["containers", "images", "networks"] {
            let _ = fs::remove_dir_all(self.state().join(kind));
        }
    }
}

impl Drop for FakeEngine {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.xtask(["down", "alpha"]).run();
            assert_eq!(self.has(), [""; 0]);
        }
    }
}

/// A green run that left nothing.
#[track_caller]
pub(super) fn green(output: &Output) {
    output.exits(exit::SUCCESS).says("nothing is left");
}
