//! The archive: the file from which engines load an image.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

use anyhow::bail;

use super::contents::{Contents, measure};
use super::digest::{Digest, Sha256Writer};
use super::error::HintedError;
use super::layer::{Layer, Measure};
use super::manifest::{DockerManifest, Index, OCI_LAYOUT, blob_path, bytes};
use super::tarball::TarWriter;

/// How many files an error names.
const MAX_NAMED: usize = 10;

/// The full name of an image, which is written into its archive.
///
/// Only `onetag::run::Reference` implements this, and no string does, so that an
/// archive has the name that a run gave it.
pub trait ImageName: fmt::Display {}

/// Writes an archive with one image under its full name.
///
/// The archive is an uncompressed tar that is both an OCI layout and a docker
/// archive. It is written in one pass, and the layers are hashed meanwhile: if a
/// file has changed since `contents` was made, the archive is not finished.
///
/// # Errors
///
/// When the binary or a library has changed since `contents` was made, or `out`
/// fails. What was written until then cannot be used.
pub fn write_archive<W: Write>(
    contents: &Contents,
    reference: &dyn ImageName,
    out: W,
) -> anyhow::Result<W> {
    let reference = reference.to_string();
    let config = measure(&contents.config);
    let manifest = measure(&contents.manifest);
    let layers = [contents.layers[0].1, contents.layers[1].1];

    let mut blobs = BTreeMap::from([
        (config.digest, Blob::Document(&contents.config)),
        (manifest.digest, Blob::Document(&contents.manifest)),
    ]);
    for (layer, measure) in &contents.layers {
        blobs.insert(measure.digest, Blob::Layer(layer, *measure));
    }

    let mut tar = TarWriter::new(out);
    tar.directory("blobs", 0o755)?;
    tar.directory("blobs/sha256", 0o755)?;
    for (digest, blob) in blobs {
        let path = blob_path(digest);
        match blob {
            Blob::Document(document) => write_document(&mut tar, &path, document)?,
            Blob::Layer(layer, expected) => {
                let out = tar.nested_tar(&path, 0o644, expected.size)?;
                write_layer(layer, expected.digest, out)?;
            }
        }
    }
    write_document(&mut tar, "index.json", &bytes(&Index::new(&reference, manifest)))?;
    let docker = [DockerManifest::new(&reference, config, &layers)];
    write_document(&mut tar, "manifest.json", &bytes(&docker))?;
    write_document(&mut tar, "oci-layout", OCI_LAYOUT.as_bytes())?;
    tar.finish()
}

enum Blob<'a> {
    Document(&'a [u8]),
    Layer(&'a Layer, Measure),
}

fn write_document<W: Write>(
    tar: &mut TarWriter<W>,
    path: &str,
    document: &[u8],
) -> anyhow::Result<()> {
    tar.file(path, 0o644, document.len() as u64, document)
}

fn write_layer(layer: &Layer, expected: Digest, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut hash = Sha256Writer::new(out);
    layer.write(&mut hash)?;
    let written = hash.finish().1;
    if written == expected {
        return Ok(());
    }
    // The program, which changes most often, is the last.
    let files = layer.host_files().rev().map(|(_, host)| format!("`{host}`"));
    let mut files = Vec::from_iter(files);
    if let Some(more) = files.len().checked_sub(MAX_NAMED).filter(|more| *more > 0) {
        files.truncate(MAX_NAMED);
        files.push(format!("and {more} more"));
    }
    let files = files.join(", ");
    bail!(HintedError::new(
        format!(
            "a file changed after its image was named: the layer should be {expected} and is {written}"
        ),
        format!("nothing may write to these while a run builds: {files}")
    ))
}
