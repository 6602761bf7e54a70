//! Files that are being written, and those whose writers were killed.

use std::sync::atomic::{AtomicUsize, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

/// How many files this process has begun to write: several of its threads may write what
/// becomes the same file.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

/// Where this process writes what becomes `path` once it is whole, another place each time.
pub(crate) fn partial(path: &Utf8Path) -> Utf8PathBuf {
    let number = BEGUN.fetch_add(1, Ordering::Relaxed);
    Utf8PathBuf::from(format!("{path}.{number}.{}.partial", std::process::id()))
}

/// Removes from a folder what nobody will finish.
pub(crate) fn remove_partial(folder: &Utf8Path) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        if is_abandoned(entry.path()) {
            // Whoever comes next looks again.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether this is a file that was being written by a process that is gone.
pub(crate) fn is_abandoned(path: &Utf8Path) -> bool {
    let writer = path.as_str().strip_suffix(".partial").and_then(|path| path.rsplit_once('.'));
    writer
        .and_then(|(_, pid)| pid.parse().ok())
        .is_some_and(|pid: u32| crate::system::start_time(pid).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_writers_of_a_file_have_the_same_place() {
        let path = Utf8Path::new("a.json");
        assert_ne!(partial(path), partial(path));
    }

    #[test]
    fn what_a_writer_left_that_is_gone_is_removed() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let abandoned = folder.join(format!("a.json.{}.partial", gone.id()));
        let whole = folder.join("a.json");
        let others = [partial(&whole), whole, folder.join("x.partial")];
        for path in others.iter().chain([&abandoned]) {
            std::fs::write(path, "").unwrap();
        }
        remove_partial(folder);
        assert!(!abandoned.exists());
        assert!(others.iter().all(|path| path.exists()));
    }
}
