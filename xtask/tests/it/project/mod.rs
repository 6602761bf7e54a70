//! A copy of the fixture workspace, driven through the real cargo and nextest.

mod command;
mod edit;
mod output;
mod process;
mod redact;
mod run;
mod template;
mod terminal;
mod workspace;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::Signal;

pub(crate) use command::{Command, Running};
pub(crate) use output::Output;
pub(crate) use process::Process;
pub(crate) use redact::redact;
pub(crate) use run::Run;
pub(crate) use terminal::screens;
pub(crate) use workspace::manifest;

use crate::wait::{Look, until};

/// The fixture: service `alpha`, which has a suite and needs service `beta`.
const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pair");

const ENGINES: [&str; 2] = ["podman", "docker"];

/// A private copy of the fixture.
///
/// When it is dropped, kept runs are ended, and nothing may be left: no process
/// that was started for it, and no folder of a run.
pub(crate) struct Project {
    /// Everything of this copy lies below, and goes with it.
    temp: tempfile::TempDir,
    root: Utf8PathBuf,
    target: Utf8PathBuf,
    /// What runs its services, unless it is the default.
    pub(crate) engine: Option<&'static str>,
}

impl Project {
    /// A copy that is built, but never ran.
    pub(crate) fn new() -> Project {
        let project = Project::empty("pair");
        copy(&template::built(), &project.root);
        project
    }

    /// A copy as it is checked in.
    pub(crate) fn unbuilt() -> Project {
        Project::in_folder("pair")
    }

    /// A copy as it is checked in, in a folder of this name.
    pub(crate) fn in_folder(name: &str) -> Project {
        let project = Project::empty(name);
        copy(Utf8Path::new(FIXTURE), &project.root);
        // Somebody tried the fixture where it is.
        let _ = fs::remove_dir_all(project.root.join("target"));
        project
    }

    /// No workspace yet.
    fn empty(name: &str) -> Project {
        // Not below the target folder of this repository: cargo would take its
        // configuration from the repository.
        let temp = tempfile::Builder::new().prefix("onetag-").tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path()).unwrap().join(name);
        let project = Project { temp, target: root.join("target"), root, engine: None };
        project.make_xtask();
        // What others have in the engines of this machine is nothing to most tests.
        for engine in ENGINES {
            project.program(engine, "#!/bin/sh\nexit 1\n");
        }
        project
    }

    /// With the engines of this machine.
    pub(crate) fn with_engines(self) -> Project {
        ENGINES.iter().for_each(|engine| self.remove_program(engine));
        self
    }

    /// Makes `cargo xtask` in the copy the program under test.
    fn make_xtask(&self) {
        // Cargo passes the name of the subcommand as the first argument.
        let script = format!("#!/bin/sh\nshift\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_xtask"));
        self.program("cargo-xtask", &script);
    }

    /// Puts a script first on the path.
    pub(crate) fn program(&self, name: &str, script: &str) {
        fs::create_dir_all(self.programs()).unwrap();
        let path = self.programs().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Takes a script away again.
    pub(crate) fn remove_program(&self, name: &str) {
        fs::remove_file(self.programs().join(name)).unwrap();
    }

    /// Makes a program of this machine available in the folder that is first on
    /// the path.
    pub(crate) fn link_program(&self, name: &str) {
        let path = std::env::var_os("PATH").unwrap();
        let found = std::env::split_paths(&path).map(|folder| folder.join(name));
        let found = found.into_iter().find(|path| path.exists()).unwrap();
        symlink(found, self.programs().join(name)).unwrap();
    }

    /// The folder that is first on the path.
    pub(crate) fn programs(&self) -> Utf8PathBuf {
        self.temp_path().join("programs")
    }

    pub(crate) fn temp_path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.temp.path()).unwrap()
    }

    pub(crate) fn target(&self) -> &Utf8Path {
        &self.target
    }

    /// The root of the workspace.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The harness's cache of this workspace, which is there once a run was.
    pub(crate) fn cache(&self) -> Utf8PathBuf {
        let mut caches = folders(&self.onetag().join("cache"));
        assert_eq!(caches.len(), 1, "{caches:?}");
        caches.remove(0)
    }

    /// The harness's own folder.
    pub(crate) fn onetag(&self) -> Utf8PathBuf {
        self.target.join("onetag")
    }
}

/// Driving.
impl Project {
    /// `cargo xtask …` in the root of the copy.
    pub(crate) fn xtask<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let command = self.cargo(["xtask"]);
        let mut arguments = arguments.into_iter().peekable();
        match (self.engine, arguments.peek()) {
            (Some(engine), Some(&verb @ ("e2e" | "up"))) => {
                command.args([verb, "--on", engine]).args(arguments.skip(1))
            }
            _ => command.args(arguments),
        }
    }

    /// The program under test, without cargo.
    pub(crate) fn directly<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        Command::new(env!("CARGO_BIN_EXE_xtask"), &self.root, &self.programs()).args(arguments)
    }

    /// `cargo …` in the root of the copy.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let command = Command::new("cargo", &self.root, &self.programs()).args(arguments);
        match self.target == self.root.join("target") {
            true => command,
            false => command.env("CARGO_TARGET_DIR", self.target.as_str()),
        }
    }

    /// Nextest without `cargo xtask`, as an editor would call it.
    pub(crate) fn nextest(&self) -> Command {
        self.cargo(["nextest", "run", "-P", "e2e", "-E", "binary_id(e2e::alpha)"])
    }

    /// `cargo xtask up alpha`; returns the run that is kept.
    pub(crate) fn up(&self) -> Run {
        self.xtask(["up", "alpha"]).run().exits(crate::exit::SUCCESS);
        self.kept_run()
    }
}

/// Looking.
impl Project {
    /// The runs that are not over, the oldest first.
    pub(crate) fn runs(&self) -> Vec<Run> {
        folders(&self.onetag().join("runs")).into_iter().map(Run::at).collect()
    }

    /// The only run that is not over.
    pub(crate) fn kept_run(&self) -> Run {
        let mut runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    /// The folders of runs that are over, the oldest first.
    pub(crate) fn finished(&self) -> Vec<Run> {
        folders(&self.onetag().join("finished")).into_iter().map(Run::at).collect()
    }

    /// The only run that is over.
    pub(crate) fn finished_run(&self) -> Run {
        let mut finished = self.finished();
        assert_eq!(finished.len(), 1, "{finished:?}");
        finished.remove(0)
    }

    /// Processes that were started for this copy.
    ///
    /// They are known by their environment: all of them have the folder of
    /// programs of this copy on their path, the services too. podman's name server has
    /// it as well; it serves all networks, and ends with the last.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let mut all = Process::with_variables_like(self.programs().as_str());
        all.retain(|process| !process.is("aardvark-dns"));
        all
    }

    /// The process that executes a program of this name.
    pub(crate) fn process(&self, name: &str) -> Option<Process> {
        self.processes().into_iter().find(|process| process.is(name))
    }

    /// Kills the keeper of the only run, with which its services end.
    pub(crate) fn lose_keeper(&self) {
        let services = ["alpha", "beta"].map(|name| self.process(name).unwrap());
        self.process("keeper").unwrap().kill();
        services.iter().for_each(Process::wait_until_gone);
    }

    /// Waits until a program of this name runs.
    pub(crate) fn wait_for_process(&self, name: &str) -> Process {
        until(&format!("`{name}` runs"), || match self.process(name) {
            Some(process) => Look::Done(process),
            None => Look::NotYet(format!("{:?}", self.processes())),
        })
    }

    /// What is there of this copy's runs: processes, and folders of runs.
    fn leftovers(&self) -> Vec<String> {
        let processes = self.processes().into_iter().map(|process| format!("{process:?}"));
        let runs = self.runs().into_iter().map(|run| format!("{run:?}"));
        processes.chain(runs).collect()
    }

    /// Nothing is left, right now.
    pub(crate) fn assert_nothing_is_left(&self) {
        assert_eq!(self.leftovers(), [""; 0], "left behind");
    }

    /// Waits until nothing is left.
    pub(crate) fn wait_until_nothing_is_left(&self) {
        until("nothing is left", || match self.leftovers() {
            nothing if nothing.is_empty() => Look::Done(()),
            left => Look::NotYet(format!("{left:?}")),
        });
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The test has failed already; what it left is not to disturb others.
            // One that is about to start another needs a second look.
            for process in (0..3).flat_map(|_| self.processes()) {
                process.signal(Signal::KILL);
            }
            // After the keeper, which brings back what a test took away.
            if let Some(engine) = self.engine {
                crate::engines::clear(engine, self);
            }
            return;
        }
        let kept: Vec<String> = self.runs().iter().filter_map(Run::kept_consumer).collect();
        for consumer in kept {
            self.xtask(["down", &consumer]).run().exits(crate::exit::SUCCESS);
        }
        self.assert_nothing_is_left();
    }
}

/// Copies a folder, with the times of its files.
fn copy(from: &Utf8Path, to: &Utf8Path) {
    let status = std::process::Command::new("cp").args(["-a", from.as_str(), to.as_str()]).status();
    assert!(status.unwrap().success());
}

fn folders(path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Ok(entries) = path.read_dir_utf8() else { return Vec::new() };
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().into_path()).collect();
    folders.sort();
    folders
}
