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

/// Hashes by path, with the identity of the file when it was read.
///
/// On disk it is lines of text: reading it is on the way of every run.
#[derive(Debug, Default)]
pub(super) struct Contents {
    file: Utf8PathBuf,
    known: BTreeMap<Utf8PathBuf, (FileIdentity, Digest)>,
    /// What was asked for since. Only this is kept: the rest is of files that this
    /// checkout does not need any more.
    used: BTreeMap<Utf8PathBuf, (FileIdentity, Digest)>,
    has_news: bool,
}

impl Contents {
    /// What is known; nothing if the file is damaged or not there.
    pub(super) fn read(file: Utf8PathBuf) -> Contents {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let known = text.lines().map_while(entry).collect();
        Contents { file, known, ..Contents::default() }
    }

    /// The hash of a file; none if there is no regular file that can be read.
    pub(super) fn digest(&mut self, path: &Utf8Path) -> Option<Digest> {
        self.digest_by(path, path, hash_file)
    }

    /// The hash of the package table of a manifest without what is the harness's own,
    /// which neither a build script nor a macro knows. Cargo minds the rest.
    pub(super) fn digest_of_manifest(&mut self, path: &Utf8Path) -> Option<Digest> {
        self.digest_by(path, &path.join("package"), |path| {
            let mut table: toml::Table = fs::read_to_string(path)?.parse()?;
            let mut package = table.remove("package");
            let metadata = package.as_mut().and_then(|package| package.get_mut("metadata"));
            if let Some(metadata) = metadata.and_then(toml::Value::as_table_mut) {
                metadata.remove("onetag");
            }
            Ok(Digest::of(&serde_json::to_vec(&package)?))
        })
    }

    fn digest_by(
        &mut self,
        path: &Utf8Path,
        key: &Utf8Path,
        read: impl FnOnce(&Utf8Path) -> anyhow::Result<Digest>,
    ) -> Option<Digest> {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let identity = FileIdentity::from(metadata);
        let known = self.used.get(key).or_else(|| self.known.get(key));
        if let Some(known) = known.filter(|known| known.0 == identity).copied() {
            self.used.insert(key.to_owned(), known);
            return Some(known.1);
        }
        let now = now_ns();
        let digest = read(path).ok()?;
        // One that has just been written may be written again within the same tick.
        if identity.ctime_ns.saturating_add(TICK_NS) < now {
            self.used.insert(key.to_owned(), (identity, digest));
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
        for (path, (identity, digest)) in &self.used {
            let FileIdentity { dev, ino, size, mtime_ns, ctime_ns } = identity;
            if !path.as_str().contains('\n') {
                writeln!(text, "{digest} {dev} {ino} {size} {mtime_ns} {ctime_ns} {path}")?;
            }
        }
        self.has_news = false;
        write_file(&self.file, text.as_bytes()).context("cannot keep the hashes of sources")
    }
}

fn entry(line: &str) -> Option<(Utf8PathBuf, (FileIdentity, Digest))> {
    let mut fields = line.splitn(7, ' ');
    let digest = fields.next()?.parse().ok()?;
    let mut number = || fields.next()?.parse::<i64>().ok();
    let (dev, ino, size) = (number()? as u64, number()? as u64, number()? as u64);
    let (mtime_ns, ctime_ns) = (number()?, number()?);
    let identity = FileIdentity { dev, ino, size, mtime_ns, ctime_ns };
    Some((fields.next()?.into(), (identity, digest)))
}

/// Nanoseconds since 1970.
fn now_ns() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_nanos() as i64)
}
