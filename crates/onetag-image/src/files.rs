//! The files of a package that its service reads: the key `files`.

mod walk;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, ensure};
use camino::Utf8Path;

use self::walk::{Walk, normalize, resolve};
use super::digest::Digest;
use super::identity::FileIdentity;
use super::layer::Layer;

/// The total size in bytes above which files deserve a warning: each edit of one
/// loads all of them again.
pub const LARGE_FILES: u64 = 100 << 20;

/// Folders and regular files, with the paths that they have below the folder in
/// which a service starts.
///
/// Folders have mode 0755; files 0644, or 0755 if their owner may execute them.
/// Contents are read when they are asked for, not when this is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    pub(crate) layer: Layer,
}

impl Files {
    /// Finds the files and folders that `entries`, the value of the key `files`,
    /// lists below the folder `package`; folders with everything in them.
    ///
    /// A symbolic link counts as what it leads to, which has to be listed too.
    /// Nothing below `target`, the target folder, can be listed.
    ///
    /// # Errors
    ///
    /// When an entry is the package itself, not below it or not there, or when
    /// something listed is no regular file or folder, is in `target`, or leads out
    /// of what is listed. The error names the path.
    pub fn of(package: &Utf8Path, entries: &[String], target: &Utf8Path) -> anyhow::Result<Self> {
        let root = resolve(package)?;
        let relative = entries.iter().map(|entry| normalize(entry));
        let relative = relative.collect::<anyhow::Result<Vec<_>>>()?;
        let target = resolve(target).unwrap_or_else(|_| target.to_owned());
        // A whole workspace may lie in a target folder, as in tests.
        let target = (!root.starts_with(&target)).then_some(target);
        let mut walk = Walk::new(relative.iter().map(|path| root.join(path)).collect(), target);
        for (entry, path) in entries.iter().zip(&relative) {
            let host = package.join(path);
            walk.link(path, &host).with_context(|| format!("`files` lists `{entry}`"))?;
        }
        Ok(Self { layer: walk.finish() })
    }

    /// Everything in a folder that [`copy_to`](Files::copy_to) wrote.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or has something that is no regular file or folder.
    pub fn of_copy(folder: &Utf8Path) -> anyhow::Result<Self> {
        let root = resolve(folder)?;
        let mut walk = Walk::new(vec![root.clone()], None);
        walk.children("".into(), folder, root)?;
        Ok(Self { layer: walk.finish() })
    }

    /// The digest of paths, modes and contents. It does not depend on where the
    /// package is.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or changes its size meanwhile.
    pub fn digest(&self) -> anyhow::Result<Digest> {
        Ok(self.layer.measure()?.digest)
    }

    /// The digest of what the file system says of the files, without reading them.
    ///
    /// It changes whenever [`digest`](Files::digest) may have changed: see
    /// [`FileIdentity`].
    ///
    /// # Errors
    ///
    /// When a file is gone.
    pub fn fingerprint(&self) -> anyhow::Result<Digest> {
        let mut text = format!("{:?}", self.layer);
        for (_, host) in self.layer.host_files() {
            write!(text, "\n{:?}", FileIdentity::of_path(host)?)?;
        }
        Ok(Digest::of(text.as_bytes()))
    }

    /// The total size in bytes; compare with [`LARGE_FILES`].
    ///
    /// # Errors
    ///
    /// When a file is gone.
    pub fn size(&self) -> anyhow::Result<u64> {
        self.layer.host_files().map(|(_, host)| Ok(FileIdentity::of_path(host)?.size)).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.layer.is_empty()
    }

    /// Makes `folder` with read-only copies of the files, and returns the copies.
    ///
    /// Hash the copies: the originals may be edited meanwhile. Files have mode 0444
    /// or 0555, folders 0555. `folder` can be renamed within its parent folder, and
    /// is removed by [`remove_copy`].
    ///
    /// # Errors
    ///
    /// When `folder` exists, or a file cannot be read or written. Nothing is left
    /// then.
    pub fn copy_to(&self, folder: &Utf8Path) -> anyhow::Result<Self> {
        fs::create_dir(folder).with_context(|| format!("cannot make `{folder}`"))?;
        let copy = || {
            self.layer.copy_to(folder)?;
            Self::of_copy(folder)
        };
        copy().inspect_err(|_| {
            let _ = remove_copy(folder);
        })
    }

    /// Checks that a folder which [`copy_to`](Files::copy_to) wrote has the files
    /// with this digest and no others. All of them are read.
    ///
    /// # Errors
    ///
    /// When the digest is another one, or a file cannot be read.
    pub fn verify(folder: &Utf8Path, expected: Digest) -> anyhow::Result<()> {
        let digest = Self::of_copy(folder)?.digest()?;
        ensure!(
            digest == expected,
            "`{folder}` changed since it was written: its files are {digest} instead of {expected}"
        );
        Ok(())
    }
}

/// Removes a folder which [`Files::copy_to`] wrote.
///
/// # Errors
///
/// When it is not there or cannot be removed.
pub fn remove_copy(folder: &Utf8Path) -> anyhow::Result<()> {
    fn make_writable(folder: &Utf8Path) -> std::io::Result<()> {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        for entry in folder.read_dir_utf8()? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                make_writable(entry.path())?;
            }
        }
        Ok(())
    }
    make_writable(folder)
        .and_then(|()| fs::remove_dir_all(folder))
        .with_context(|| format!("cannot remove `{folder}`"))
}
