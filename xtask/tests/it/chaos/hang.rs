//! What hangs until it is ended.

use super::strike::Victim;
use crate::project::Project;

/// What hangs until the end of the round: whoever is left to end it has to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hang {
    /// A build script, below cargo.
    Build,
    /// A test, below nextest.
    Test,
}

/// The name of a file that what hangs has made.
pub(super) const HANGS: &str = "hangs";

/// A build script or a test that hangs where it is told to.
const MAY_HANG: &str = r#"
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    if HANG && root.join("hang").exists() {
        std::fs::write(root.join("hangs"), "").unwrap();
        loop { std::thread::park() }
    }
"#;

/// Makes hanging possible in a fresh copy.
pub(super) fn able_to_hang(project: &Project) {
    project.write("beta/build.rs", &build_script(false));
    project.add_test("may_hang", &MAY_HANG.replace("HANG &&", ""));
}

fn build_script(hangs: bool) -> String {
    format!("fn main() {{{}}}\n", MAY_HANG.replace("HANG", &hangs.to_string()))
}

impl Hang {
    /// Has the next command hang.
    pub(super) fn begin(self, project: &Project) {
        project.write("hang", "");
        project.write("beta/build.rs", &build_script(self == Hang::Build));
    }

    /// Has no further command hang.
    pub(super) fn end(project: &Project) {
        project.write("beta/build.rs", &build_script(false));
        for name in ["hang", HANGS] {
            let _ = std::fs::remove_file(project.path(name));
        }
    }

    /// Those whose end ends the command, or who are not needed for it to hang.
    pub(super) fn victims(self) -> &'static [Victim] {
        match self {
            Hang::Build => &[Victim::Harness, Victim::Keeper, Victim::Cargo],
            Hang::Test => &[Victim::Harness, Victim::Keeper, Victim::Nextest],
        }
    }
}
