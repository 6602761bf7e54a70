//! SHA-256 digests: as a value, of a stream, of a file.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use camino::Utf8Path;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// How many bytes are read at once: enough that system calls cost little beside
/// hashing, and few enough for the processor's cache.
pub(crate) const CHUNK: usize = 128 * 1024;

/// The SHA-256 digest of some bytes: `sha256:<64 lower-case hexadecimal digits>`.
///
/// The grammar is that of the OCI image specification, descriptor.md, of which
/// only this one algorithm is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// A writer that hashes and counts the bytes on their way to another writer.
#[derive(Debug)]
pub struct Sha256Writer<W> {
    inner: W,
    hash: Sha256,
    size: u64,
}

/// The digest of a file's contents.
///
/// # Errors
///
/// When the file cannot be read.
pub fn hash_file(path: &Utf8Path) -> anyhow::Result<Digest> {
    let file = File::open(path).with_context(|| format!("cannot open `{path}`"))?;
    let mut hash = Sha256Writer::new(io::sink());
    io::copy(&mut BufReader::with_capacity(CHUNK, file), &mut hash)
        .with_context(|| format!("cannot read `{path}`"))?;
    Ok(hash.finish().1)
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The bytes themselves.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 digits without the algorithm, as file names have them.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = anyhow::Error;

    /// Accepts only the canonical spelling, so that equal digests have equal texts.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let is_digit = |digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        let hex = text.strip_prefix("sha256:");
        let Some(hex) = hex.filter(|hex| hex.len() == 64 && hex.bytes().all(is_digit)) else {
            bail!("`{text}` is not `sha256:` and 64 lower-case hexadecimal digits");
        };
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * at..][..2], 16)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<W: Write> Sha256Writer<W> {
    /// Writes to `inner`, which is [`io::sink`] where only the digest is wanted.
    pub fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), size: 0 }
    }

    /// Returns the inner writer, and the digest and size in bytes of what was written.
    pub fn finish(self) -> (W, Digest, u64) {
        (self.inner, Digest(self.hash.finalize().into()), self.size)
    }
}

impl<W: Write> Write for Sha256Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
