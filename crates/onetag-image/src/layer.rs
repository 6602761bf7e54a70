//! One layer of an image: a tree of directories and files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::digest::{CHUNK, Digest, Sha256Writer};
use super::tarball::TarWriter;

/// The folder in which the program of an image starts.
pub const WORKING_DIR: &str = "/app";

/// The entries of a layer, by path.
///
/// Equal layers have equal bytes: paths are sorted, which puts a directory before
/// its entries, and times and owners are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// Keys are strings, because paths are compared by component and the tar needs
    /// the order of bytes.
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Directory { mode: u32 },
    Text { mode: u32, text: String },
    HostFile { mode: u32, host: Utf8PathBuf },
}

/// The digest and size of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Measure {
    /// Of its bytes.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
}

impl Layer {
    /// The layer with the binary, at [`program_path`], and the files of its
    /// package, below [`WORKING_DIR`].
    ///
    /// # Errors
    ///
    /// When `service` is no file name.
    pub fn program(service: &str, binary: &Utf8Path, files: &Layer) -> anyhow::Result<Self> {
        let mut layer = Self::default();
        layer.add_host_file(&program_path(service)?, 0o555, binary)?;
        layer.add_directory(WORKING_DIR.into(), 0o755)?;
        for (path, entry) in &files.entries {
            layer.add(&Utf8Path::new(WORKING_DIR).join(path), entry.clone())?;
        }
        Ok(layer)
    }

    /// Whether it has no entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a directory with this mode, and missing parents with mode 0755.
    pub(crate) fn add_directory(&mut self, path: &Utf8Path, mode: u32) -> anyhow::Result<()> {
        self.add(path, Entry::Directory { mode })
    }

    /// Adds a file with this text.
    pub(crate) fn add_text(
        &mut self,
        path: &Utf8Path,
        mode: u32,
        text: &str,
    ) -> anyhow::Result<()> {
        self.add(path, Entry::Text { mode, text: text.to_owned() })
    }

    /// Adds the file `host` of this machine, which is read when the layer is written.
    /// Symbolic links are followed.
    pub(crate) fn add_host_file(
        &mut self,
        path: &Utf8Path,
        mode: u32,
        host: &Utf8Path,
    ) -> anyhow::Result<()> {
        self.add(path, Entry::HostFile { mode, host: host.to_owned() })
    }

    /// The files of this machine: their paths in the image and here.
    pub(crate) fn host_files(&self) -> impl DoubleEndedIterator<Item = (&str, &Utf8Path)> {
        self.entries.iter().filter_map(|(path, entry)| match entry {
            Entry::HostFile { host, .. } => Some((path.as_str(), host.as_path())),
            Entry::Directory { .. } | Entry::Text { .. } => None,
        })
    }

    /// Writes the layer as an uncompressed tar.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, changes its size meanwhile, or `out` fails.
    pub fn write(&self, out: impl Write) -> anyhow::Result<()> {
        let mut tar = TarWriter::new(out);
        for (path, entry) in &self.entries {
            match entry {
                Entry::Directory { mode } => tar.directory(path, *mode)?,
                Entry::Text { mode, text } => {
                    tar.file(path, *mode, text.len() as u64, text.as_bytes())?;
                }
                Entry::HostFile { mode, host } => {
                    let read = || format!("cannot read `{host}`");
                    let file = File::open(host).with_context(read)?;
                    let size = file.metadata().with_context(read)?.len();
                    let contents = BufReader::with_capacity(CHUNK, file);
                    tar.file(path, *mode, size, contents).with_context(read)?;
                }
            }
        }
        tar.finish()?.flush()?;
        Ok(())
    }

    /// Writes the entries into `folder`, and makes them and `folder` read-only.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub(crate) fn copy_to(&self, folder: &Utf8Path) -> anyhow::Result<()> {
        let read_only = |path: &Utf8Path, mode: u32| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o555))
                .with_context(|| format!("cannot make `{path}` read-only"))
        };
        let mut folders = vec![(folder.to_owned(), 0o755)];
        for (path, entry) in &self.entries {
            let path = folder.join(path);
            let make = || format!("cannot make `{path}`");
            match entry {
                Entry::Directory { mode } => {
                    fs::create_dir(&path).with_context(make)?;
                    folders.push((path, *mode));
                }
                Entry::Text { mode, text } => {
                    fs::write(&path, text).with_context(make)?;
                    read_only(&path, *mode)?;
                }
                Entry::HostFile { mode, host } => {
                    let copy = || format!("cannot copy `{host}` to `{path}`");
                    fs::copy(host, &path).with_context(copy)?;
                    read_only(&path, *mode)?;
                }
            }
        }
        // Last, because nothing can be made in a read-only folder.
        folders.iter().rev().try_for_each(|(path, mode)| read_only(path, *mode))
    }

    /// Digest and size of what [`write`](Layer::write) would write.
    ///
    /// # Errors
    ///
    /// As for [`write`](Layer::write).
    pub fn measure(&self) -> anyhow::Result<Measure> {
        let mut tar = Sha256Writer::new(io::sink());
        self.write(&mut tar)?;
        let (_, digest, size) = tar.finish();
        Ok(Measure { digest, size })
    }

    fn add(&mut self, path: &Utf8Path, entry: Entry) -> anyhow::Result<()> {
        let relative = path.as_str().strip_prefix('/');
        let clean = |part: &str| !part.is_empty() && part != "." && part != "..";
        let relative = relative.filter(|path| path.split('/').all(clean));
        let relative = Utf8Path::new(relative.with_context(|| {
            format!(
                "`{path}` is no place in an image: it is not absolute, or has empty parts or dots"
            )
        })?);
        for above in relative.ancestors().skip(1).filter(|above| !above.as_str().is_empty()) {
            let directory =
                self.entries.entry(above.to_string()).or_insert(Entry::Directory { mode: 0o755 });
            ensure!(
                matches!(directory, Entry::Directory { .. }),
                "`/{above}` is both a file and a directory"
            );
        }
        self.entries.insert(relative.to_string(), entry);
        Ok(())
    }
}

/// Where a service's binary is in its image.
///
/// # Errors
///
/// When `service` is no file name.
pub fn program_path(service: &str) -> anyhow::Result<Utf8PathBuf> {
    ensure!(
        !service.is_empty() && !service.contains('/'),
        "`{service}` cannot be the name of a file"
    );
    Ok(Utf8Path::new("/usr/local/bin").join(service))
}
