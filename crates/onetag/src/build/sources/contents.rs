//! The hashes of files, read again only where the file system says that they may
//! have changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use crate::build::image::digest::hash_file;
use crate::build::image::{Digest, FileIdentity};
use crate::run::write_file;

/// How much later a file may change without another time: a tick of the clock that
/// file systems use, and some more.
const TICK_NS: i64 = 20_000_000;

/// What stands behind the path of a manifest of which only what it says of packages
/// counts: `[package]`, and `[workspace.package]`, which members inherit.
pub(super) const PACKAGE_TABLE: &str = "[package]";

/// Hashes by path, with the identity of the file when it was read.
///
/// On disk it is lines of text: reading it is on the way of every run.
#[derive(Debug, Default)]
pub(super) struct Contents {
    file: Utf8PathBuf,
    known: BTreeMap<String, Known>,
    has_news: bool,
}

/// What a file was when it was read.
#[derive(Clone, Copy, Debug)]
struct Known {
    identity: FileIdentity,
    digest: Digest,
    /// Somebody asked for it since. Only that is kept: the rest is of files that this
    /// checkout does not need any more.
    is_used: bool,
}

impl Contents {
    /// What is known; nothing if the file is damaged or not there.
    pub(super) fn read(file: Utf8PathBuf) -> Contents {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let known = text.lines().map_while(entry).collect();
        Contents { file, known, ..Contents::default() }
    }

    /// The hash of a file; none if there is no regular file that can be read.
    ///
    /// With [`PACKAGE_TABLE`] behind its path, that of the package tables of a manifest
    /// without what is the harness's own, which neither a build script nor a macro
    /// knows. Cargo minds the rest.
    pub(super) fn digest(&mut self, path: &str) -> Option<Digest> {
        match path.strip_suffix(PACKAGE_TABLE) {
            None => self.digest_by(path.into(), path, hash_file),
            Some(manifest) => self.digest_by(manifest.into(), path, package_tables),
        }
    }

    fn digest_by(
        &mut self,
        path: &Utf8Path,
        key: &str,
        read: impl FnOnce(&Utf8Path) -> anyhow::Result<Digest>,
    ) -> Option<Digest> {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let identity = FileIdentity::from(metadata);
        if let Some(known) = self.known.get_mut(key).filter(|known| known.identity == identity) {
            known.is_used = true;
            return Some(known.digest);
        }
        let now = now_ns();
        let digest = read(path).ok()?;
        // One that has just been written may be written again within the same tick.
        if identity.ctime_ns.saturating_add(TICK_NS) < now {
            self.known.insert(key.to_owned(), Known { identity, digest, is_used: true });
            self.has_news = true;
        }
        Some(digest)
    }

    /// Keeps on disk what was learnt.
    pub(super) fn save(&mut self) -> anyhow::Result<()> {
        if !self.has_news {
            return Ok(());
        }
        let mut text = String::new();
        let used = self.known.iter().filter(|(_, known)| known.is_used);
        for (path, Known { identity, digest, .. }) in used {
            let FileIdentity { dev, ino, size, mtime_ns, ctime_ns } = identity;
            if !path.contains('\n') {
                writeln!(text, "{digest} {dev} {ino} {size} {mtime_ns} {ctime_ns} {path}")?;
            }
        }
        self.has_news = false;
        write_file(&self.file, text.as_bytes()).context("cannot keep the hashes of sources")
    }
}

fn package_tables(manifest: &Utf8Path) -> anyhow::Result<Digest> {
    let mut table: toml::Table = fs::read_to_string(manifest)?.parse()?;
    let mut package = table.remove("package");
    let metadata = package.as_mut().and_then(|package| package.get_mut("metadata"));
    if let Some(metadata) = metadata.and_then(toml::Value::as_table_mut) {
        metadata.remove("onetag");
    }
    let inherited = table.get("workspace").and_then(|workspace| workspace.get("package"));
    Ok(Digest::of(&serde_json::to_vec(&(package, inherited))?))
}

fn entry(line: &str) -> Option<(String, Known)> {
    let mut fields = line.splitn(7, ' ');
    let digest = fields.next()?.parse().ok()?;
    let mut number = || fields.next()?.parse::<i64>().ok();
    let (dev, ino, size) = (number()? as u64, number()? as u64, number()? as u64);
    let (mtime_ns, ctime_ns) = (number()?, number()?);
    let identity = FileIdentity { dev, ino, size, mtime_ns, ctime_ns };
    Some((fields.next()?.to_owned(), Known { identity, digest, is_used: false }))
}

/// Nanoseconds since 1970.
fn now_ns() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_nanos() as i64)
}
