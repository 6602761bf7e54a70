//! Where a run was minted: what tells its folder from a copy of it.

use std::io;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::system::boot_id;

/// The folder of a run as it was made, written into the ledger that lies in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Origin {
    pub(crate) folder: Utf8PathBuf,
    device: u64,
    inode: u64,
    boot_id: String,
}

impl Origin {
    /// Of a folder that was made just now.
    pub(crate) fn of(folder: &Utf8Path) -> io::Result<Origin> {
        let metadata = folder.metadata()?;
        let (device, inode) = (metadata.dev(), metadata.ino());
        Ok(Origin { folder: folder.to_owned(), device, inode, boot_id: boot_id()? })
    }

    /// Whether this is the folder that was made then, and no copy or backup of it.
    ///
    /// It may have been moved. Devices are numbered anew with each boot: after one, the
    /// folder has to lie where it lay.
    pub(crate) fn is_of(&self, folder: &Utf8Path) -> bool {
        let Ok(now) = Origin::of(folder) else { return false };
        let moved_at_most = self.device == now.device && self.inode == now.inode;
        let booted = self.boot_id != now.boot_id;
        moved_at_most || (booted && self.folder == now.folder && self.inode == now.inode)
    }

    /// Where a path of then is by now, if the folder that it lay below was moved with
    /// the run, whose folder is `now`.
    pub(crate) fn moved(&self, path: &Utf8Path, now: &Utf8Path) -> Utf8PathBuf {
        let (mut before, mut after) = (self.folder.as_path(), now);
        while before.file_name() == after.file_name()
            && let (Some(above_before), Some(above_after)) = (before.parent(), after.parent())
        {
            (before, after) = (above_before, above_after);
        }
        match path.strip_prefix(before) {
            // Joining nothing would add a slash.
            Ok(rest) => after.join(rest).components().collect(),
            Err(_) => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_moved_is_told_from_a_copy() {
        let temp = tempfile::tempdir().unwrap();
        let path = |name: &str| Utf8Path::from_path(temp.path()).unwrap().join(name);
        std::fs::create_dir(path("one")).unwrap();
        let origin = Origin::of(&path("one")).unwrap();
        assert!(origin.is_of(&path("one")));
        std::fs::rename(path("one"), path("two")).unwrap();
        std::fs::create_dir(path("one")).unwrap();
        assert!(origin.is_of(&path("two")));
        assert!(!origin.is_of(&path("one")));
        assert!(!origin.is_of(&path("three")));
    }

    #[test]
    fn after_another_boot_the_place_decides_as_well() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        let now = Origin::of(folder).unwrap();
        let boot_id = "another".to_owned();
        let before = Origin { device: now.device + 1, boot_id, ..now.clone() };
        assert!(before.is_of(folder));
        assert!(!Origin { folder: "/elsewhere".into(), ..before.clone() }.is_of(folder));
        assert!(!Origin { inode: now.inode + 1, ..before }.is_of(folder));
        assert!(!Origin { device: now.device + 1, ..now }.is_of(folder));
    }

    #[test]
    fn what_was_moved_along_is_found() {
        let folder = Utf8PathBuf::from("/a/b/target/onetag/runs/1");
        let origin = Origin { folder, device: 1, inode: 1, boot_id: String::new() };
        let now = Utf8Path::new("/a/c/d/target/onetag/runs/1");
        assert_eq!(origin.moved("/a/b".into(), now), "/a/c/d");
        assert_eq!(origin.moved("/a/b/target/onetag/runs/1/x".into(), now), now.join("x"));
        assert_eq!(origin.moved("/a/bb".into(), now), "/a/bb");
    }
}
