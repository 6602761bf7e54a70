//! The copy as a cargo workspace: target folder, packages, suites, times of files.

use std::fs;
use std::time::{Duration, SystemTime};

use super::Project;
use crate::exit;

/// Older than anything that was built in the copy.
const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);

impl Project {
    /// A copy of another copy as it is now, with its target folder.
    pub(crate) fn copy_of(other: &Project) -> Project {
        let project = Project::empty("pair");
        super::copy(&other.root, &project.root);
        project
    }

    /// Has cargo build into another folder.
    pub(crate) fn build_into(&mut self, target: &str) {
        self.target = self.temp_path().join(target);
    }

    /// Has cargo build into the folder that another copy builds into.
    pub(crate) fn share_target_of(&mut self, other: &Project) {
        self.target = other.target.clone();
    }

    /// Writes a file, and makes the folders that it lies in.
    pub(crate) fn create(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Dates a file two days back, as `tar`, `rsync -t` and `git restore-mtime`
    /// do: cargo takes what was built since then for fresh.
    pub(crate) fn date_back(&self, relative: &str) {
        let file = fs::File::options().write(true).open(self.path(relative)).unwrap();
        file.set_modified(SystemTime::now() - TWO_DAYS).unwrap();
    }

    /// Brings the lock file up to date, after an edit of the workspace's packages.
    pub(crate) fn update_lock_file(&self) {
        self.cargo(["update", "--workspace", "--offline"]).run().exits(exit::SUCCESS);
    }

    /// Lets suites be in any package of the workspace.
    pub(crate) fn allow_suites_in_all_packages(&self) {
        let filter = "default-filter = \"package(e2e)\"";
        self.replace(".config/nextest.toml", filter, "default-filter = \"kind(test)\"");
    }

    /// Adds a suite for `beta`, with a rule in the configuration of nextest.
    pub(crate) fn add_suite_of_beta(&self, tests: &str) {
        self.append("beta/Cargo.toml", "\n[package.metadata.onetag.suite]\n");
        self.append("tests/Cargo.toml", "\n[[test]]\nname = \"beta\"\npath = \"suites/beta.rs\"\n");
        self.write("tests/suites/beta.rs", tests);
        let configuration = self.read(".config/nextest.toml");
        let rules = configuration.find("[scripts.setup.alpha]").unwrap();
        let rules = configuration[rules..].replace("alpha", "beta");
        self.append(".config/nextest.toml", &format!("\n{rules}"));
    }

    /// Adds a test: a service says in its `/about` what `variable` says, which
    /// whoever calls sets.
    pub(crate) fn add_test_of_about(&self, service: &str, variable: &str) {
        let upper = service.to_uppercase();
        let name = format!("{service}_says_{}", variable.to_lowercase());
        self.add_test(
            &name,
            &format!(
                "let about = get(&variable(\"ONETAG_{upper}_URL\"), \"/about\").unwrap();
                 let line = variable(\"{variable}\");
                 assert!(about.lines().any(|said| said == line), \"no {{line}}: {{about}}\");"
            ),
        );
    }
}

/// The manifest of a package, with something behind its first table.
pub(crate) fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n{rest}")
}
