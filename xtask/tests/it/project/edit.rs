//! Editing the copy: every scenario is the fixture with a change or two.

use std::fs;

use camino::Utf8PathBuf;

use super::{Project, manifest};
use crate::wait::{Look, until};

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

    /// Adds a service with a package of its own, and these lines in its table. Nobody
    /// needs it yet.
    pub(crate) fn add_service(&self, name: &str, lines: &str) {
        let metadata = format!(
            "[dependencies]\ntiny = {{ path = \"../tiny\" }}\n\n[package.metadata.onetag]\n\
             port = 8080\nready = \"/ready\"\nenv = {{ LISTEN_ADDR = \"{{self.listen}}\" }}\n{lines}"
        );
        self.create(&format!("{name}/Cargo.toml"), &manifest(name, &metadata));
        let source = format!(
            "fn main() {{
                tiny::serve(\"{name}\", \"hello from {name}\", |path| match path {{
                    \"/ready\" => Some(\"ready\".to_owned()),
                    _ => None,
                }});
            }}\n"
        );
        self.create(&format!("{name}/src/main.rs"), &source);
        self.replace("Cargo.toml", "\"beta\",", &format!("\"beta\", \"{name}\","));
        self.update_lock_file();
    }

    /// Adds a test to the suite.
    pub(crate) fn add_test(&self, name: &str, statements: &str) {
        let test = format!("\n#[test]\nfn {name}() {{\n{statements}\n}}\n");
        self.append("tests/suites/alpha.rs", &test);
    }

    /// Adds a test that ends once [`Project::let_test_go_on`] is called. It fails
    /// beside itself.
    pub(crate) fn add_test_that_waits(&self) {
        self.add_test(
            "waits",
            "let folder = std::path::Path::new(env!(\"CARGO_MANIFEST_DIR\"));
             std::fs::create_dir(folder.join(\"waits\")).expect(\"alone\");
             while !folder.join(\"goes-on\").exists() {
                 std::thread::sleep(std::time::Duration::from_millis(5));
             }
             std::fs::remove_dir(folder.join(\"waits\")).expect(\"alone\");",
        );
    }

    /// Waits until that test runs.
    pub(crate) fn wait_for_waiting_test(&self) {
        let path = self.path("tests/waits");
        until("a test waits", || match path.exists() {
            true => Look::Done(()),
            false => Look::NotYet(format!("{:?}", self.processes())),
        });
    }

    /// From now on that test ends at once.
    pub(crate) fn let_test_go_on(&self) {
        self.write("tests/goes-on", "");
    }
}
