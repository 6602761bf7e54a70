//! The walk through the files and folders that the key `files` lists.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, bail, ensure};
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::error::HintedError;
use crate::layer::Layer;

/// Collects files and folders.
pub(super) struct Walk {
    listed: Vec<Utf8PathBuf>,
    target: Option<Utf8PathBuf>,
    /// The folders that are being read, as paths without links: a link to one of them
    /// would be followed for ever.
    open: Vec<Utf8PathBuf>,
    layer: Layer,
}

impl Walk {
    /// Symbolic links may lead to below `listed`, and nothing to below `target`; all
    /// these paths are without links.
    pub(super) fn new(listed: Vec<Utf8PathBuf>, target: Option<Utf8PathBuf>) -> Self {
        Self { listed, target, open: Vec::new(), layer: Layer::default() }
    }

    /// What was added.
    pub(super) fn finish(self) -> Layer {
        self.layer
    }

    /// Adds what `host` leads to as `path`.
    pub(super) fn link(&mut self, path: &Utf8Path, host: &Utf8Path) -> anyhow::Result<()> {
        let real = resolve(host)?;
        ensure!(
            self.listed.iter().any(|listed| real.starts_with(listed)),
            HintedError::new(
                format!("`{host}` leads to `{real}`, which is not listed"),
                "put a copy in place of the symbolic link, or list what it leads to"
            )
        );
        self.add(path, host, real)
    }

    /// Adds the file or folder `host`, whose path without links is `real`, as `path`.
    fn add(&mut self, path: &Utf8Path, host: &Utf8Path, real: Utf8PathBuf) -> anyhow::Result<()> {
        ensure!(
            !self.target.as_ref().is_some_and(|target| real.starts_with(target)),
            HintedError::new(
                format!("`{host}` is in the target folder"),
                "list only what is checked in, or have a build script include what it makes"
            )
        );
        let metadata = fs::metadata(host).with_context(|| format!("cannot look at `{host}`"))?;
        let place = Utf8Path::new("/").join(path);
        if metadata.is_dir() {
            self.layer.add_directory(&place, 0o755)?;
            self.children(path, host, real)
        } else if metadata.is_file() {
            let executable = metadata.permissions().mode() & 0o100 != 0;
            self.layer.add_host_file(&place, if executable { 0o755 } else { 0o644 }, host)
        } else {
            bail!("`{host}` is neither a regular file nor a folder")
        }
    }

    /// Adds what is in the folder `host`, whose path without links is `real`.
    pub(super) fn children(
        &mut self,
        path: &Utf8Path,
        host: &Utf8Path,
        real: Utf8PathBuf,
    ) -> anyhow::Result<()> {
        ensure!(!self.open.contains(&real), "`{host}` leads to a folder that it is in");
        self.open.push(real.clone());
        let read = || format!("cannot read the folder `{host}`");
        for entry in host.read_dir_utf8().with_context(read)? {
            let entry = entry.with_context(read)?;
            let path = path.join(entry.file_name());
            if entry.file_type().with_context(read)?.is_symlink() {
                self.link(&path, entry.path())?;
            } else {
                self.add(&path, entry.path(), real.join(entry.file_name()))?;
            }
        }
        self.open.pop();
        Ok(())
    }
}

/// An entry as a relative path without dots.
pub(super) fn normalize(entry: &str) -> anyhow::Result<Utf8PathBuf> {
    let parts = Utf8Path::new(entry).components().filter(|part| *part != Utf8Component::CurDir);
    let parts = parts.map(|part| match part {
        Utf8Component::Normal(name) => Some(name),
        _ => None,
    });
    match parts.collect::<Option<Utf8PathBuf>>() {
        Some(path) if !path.as_str().is_empty() => Ok(path),
        _ => bail!(HintedError::new(
            format!("`files` lists `{entry}`, which is not a path below the package"),
            "list files and folders of the package, such as `assets`"
        )),
    }
}

/// The path without symbolic links.
pub(super) fn resolve(path: &Utf8Path) -> anyhow::Result<Utf8PathBuf> {
    path.canonicalize_utf8().with_context(|| format!("cannot find `{path}`"))
}
