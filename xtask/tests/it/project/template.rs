//! The fixture as it is once it was built. Most tests begin with a copy of that: to
//! build it costs more than all else that a run of it does.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::{FIXTURE, Project, copy};
use crate::exit;

/// Below the target folder of this repository, since it serves all tests.
const TEMPLATES: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/pair");

/// The folder that a copy is made from: the fixture, with what cargo built of it and
/// with what the program under test knows of that, and with nothing of a run. The
/// first test that asks makes it.
pub(super) fn built() -> Utf8PathBuf {
    fs::create_dir_all(TEMPLATES).unwrap();
    let lock = fs::File::create(Utf8Path::new(TEMPLATES).join("lock")).unwrap();
    lock.lock().unwrap();

    let template = Utf8Path::new(TEMPLATES).join(name());
    if !template.exists() {
        for old in Utf8Path::new(TEMPLATES).read_dir_utf8().unwrap() {
            let old = old.unwrap();
            if old.file_type().unwrap().is_dir() {
                fs::remove_dir_all(old.path()).unwrap();
            }
        }
        make(&template);
    }
    template
}

/// Another one for each state of the fixture and of the program under test.
fn name() -> String {
    let mut hasher = DefaultHasher::new();
    let program = fs::metadata(env!("CARGO_BIN_EXE_xtask")).unwrap();
    (program.len(), program.mtime(), program.mtime_nsec()).hash(&mut hasher);
    hash(Utf8Path::new(FIXTURE), &mut hasher);
    format!("{:016x}", hasher.finish())
}

fn hash(folder: &Utf8Path, hasher: &mut DefaultHasher) {
    let entries = folder.read_dir_utf8().unwrap().map(Result::unwrap);
    let mut paths: Vec<Utf8PathBuf> = entries.map(|entry| entry.into_path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.file_name() != Some("target")) {
        path.hash(hasher);
        match path.is_dir() {
            true => hash(path, hasher),
            false => fs::read(path).unwrap().hash(hasher),
        }
    }
}

/// Not built where it stays: cargo would take its configuration from the repository.
fn make(template: &Utf8Path) {
    let project = Project::unbuilt();
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    for entry in project.onetag().read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => fs::remove_dir_all(entry.path()).unwrap(),
            false if entry.file_name() == "sources.json" => {}
            false => fs::remove_file(entry.path()).unwrap(),
        }
    }
    let partial = template.with_extension("partial");
    copy(project.root(), &partial);
    fs::rename(partial, template).unwrap();
}
