//! Tests of the parts together, on real programs.

mod archive;
mod closure;
mod contents;
mod documents;
mod files;
mod layer;
mod program;

use std::process::{Command, Output};

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::closure::Closure;
use crate::digest::hash_file;
use crate::{Contents, Digests, Files, HintedError};

/// A folder for one test.
struct Folder {
    dir: TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.dir.path()).unwrap()
    }

    /// Writes a file, with the folders above it.
    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> Utf8PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, contents).unwrap();
        path
    }
}

impl Drop for Folder {
    /// Read-only copies in it would keep it from going.
    fn drop(&mut self) {
        let _ = crate::files::remove_copy(self.path());
    }
}

/// Runs a loader with what it is given. The harness does so with a deadline.
fn run_loader(mut command: Command) -> anyhow::Result<Output> {
    command.output().context("cannot run it")
}

/// An error with its causes, and its hint on a line of its own.
pub(crate) fn shown(error: &anyhow::Error) -> String {
    let hint = error.downcast_ref().map(HintedError::hint);
    format!("{error:#}{}", hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default())
}

fn closure(binary: &Utf8Path) -> anyhow::Result<Closure> {
    Closure::of(binary, &run_loader)
}

fn contents(binary: &Utf8Path, service: &str) -> anyhow::Result<Contents> {
    contents_with(binary, service, &Files::default())
}

fn contents_with(binary: &Utf8Path, service: &str, files: &Files) -> anyhow::Result<Contents> {
    Contents::with_files(binary, hash_file(binary)?, service, files, &run_loader, None)
}

fn digests(binary: &Utf8Path, service: &str) -> anyhow::Result<Digests> {
    Ok(*contents(binary, service)?.digests())
}

/// A real program with a loader and libraries: this test.
fn dynamic_program() -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(std::env::current_exe().unwrap()).unwrap()
}

/// The smallest static program: an ELF header for this machine without
/// segments, and `tail` behind it.
///
/// The machine and the size of an address are taken over from this test.
fn static_program(tail: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut header = [0; 64];
    std::fs::File::open(dynamic_program()).unwrap().read_exact(&mut header).unwrap();
    assert_eq!(header[4], 2, "these tests are for 64-bit machines");
    // Where segments and sections are, and how many.
    header[32..48].fill(0);
    header[56..58].fill(0);
    header[60..64].fill(0);
    [&header, tail].concat()
}

/// A dynamic program which asks for a loader at this path.
#[cfg(target_os = "linux")]
fn program_with_loader(loader: &str) -> Vec<u8> {
    let mut program = static_program(&[0; 56]);
    let path = [loader.as_bytes(), b"\0"].concat();
    program[32..40].copy_from_slice(&64_u64.to_ne_bytes()); // Where segments are,
    program[54..56].copy_from_slice(&56_u16.to_ne_bytes()); // the size of one,
    program[56..58].copy_from_slice(&1_u16.to_ne_bytes()); // and how many.
    program[64..68].copy_from_slice(&3_u32.to_ne_bytes()); // PT_INTERP.
    program[72..80].copy_from_slice(&120_u64.to_ne_bytes());
    program[96..104].copy_from_slice(&(path.len() as u64).to_ne_bytes());
    [program, path].concat()
}
