//! Editing the copy: every scenario is the fixture with a change or two.

use std::fs;

use camino::Utf8PathBuf;

use super::Project;

impl Project {
    pub(crate) fn path(&self, relative: &str) -> Utf8PathBuf {
        self.root.join(relative)
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    pub(crate) fn write(&self, relative: &str, text: &str) {
        fs::write(self.path(relative), text).unwrap();
    }

    pub(crate) fn append(&self, relative: &str, text: &str) {
        self.write(relative, &format!("{}{text}", self.read(relative)));
    }

    /// Replaces a text that is there.
    pub(crate) fn replace(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert!(text.contains(from), "{relative} does not contain {from:?}:\n{text}");
        self.write(relative, &text.replace(from, to));
    }

    /// Makes `beta` do something before it serves.
    pub(crate) fn beta_begins_with(&self, statements: &str) {
        self.replace("beta/src/main.rs", "fn main() {", &format!("fn main() {{\n{statements}"));
    }

    /// Adds a test to the suite.
    pub(crate) fn add_test(&self, name: &str, statements: &str) {
        let test = format!("\n#[test]\nfn {name}() {{\n{statements}\n}}\n");
        self.append("tests/suites/alpha.rs", &test);
    }
}
