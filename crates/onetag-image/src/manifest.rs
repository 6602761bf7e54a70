//! The JSON documents of an image.
//!
//! The types have only the fields that are written, in the order in which they are
//! written. Adding or moving a field changes every digest.

use super::digest::Digest;
use super::layer::{Measure, WORKING_DIR};
use super::program;
use serde::Serialize;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The contents of the file `oci-layout`.
pub(crate) const OCI_LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// A fixed time: the true one would change the digest, and without one engines show
/// the year 1.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// How to run the image: the OCI image configuration.
#[derive(Debug, Serialize)]
pub struct ImageConfig {
    created: &'static str,
    architecture: &'static str,
    os: &'static str,
    config: Process,
    rootfs: RootFs,
    history: Vec<History>,
}

/// How to start the program; docker's field names begin in upper case.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Process {
    user: &'static str,
    env: Vec<String>,
    entrypoint: Vec<String>,
    working_dir: &'static str,
}

#[derive(Debug, Serialize)]
struct RootFs {
    r#type: &'static str,
    diff_ids: Vec<Digest>,
}

/// What engines show for each layer.
#[derive(Debug, Serialize)]
struct History {
    created: &'static str,
    created_by: &'static str,
}

/// Which blobs make up the image: the OCI image manifest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u32,
    media_type: &'static str,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// The one entry of an archive, with its name: the OCI image index.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    schema_version: u32,
    media_type: &'static str,
    manifests: [Descriptor; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: &'static str,
    digest: Digest,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Names>,
}

#[derive(Debug, Serialize)]
struct Platform {
    architecture: &'static str,
    os: &'static str,
}

/// Both hold the full name: containerd reads the first and would invent a name
/// without it, podman reads the second and takes a bare tag for a repository.
#[derive(Debug, Serialize)]
struct Names {
    #[serde(rename = "io.containerd.image.name")]
    containerd: String,
    #[serde(rename = "org.opencontainers.image.ref.name")]
    oci: String,
}

/// The one entry of a docker archive's `manifest.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerManifest {
    config: String,
    repo_tags: [String; 1],
    layers: Vec<String>,
}

impl ImageConfig {
    /// Runs `entrypoint` as `user` with the variables `env` on the layers
    /// `closure` and `program`.
    pub fn new(
        user: &'static str,
        env: Vec<String>,
        entrypoint: String,
        closure: Digest,
        program: Digest,
    ) -> Self {
        let history = ["onetag: closure", "onetag: program"];
        Self {
            created: CREATED,
            architecture: program::architecture(),
            os: program::operating_system(),
            config: Process { user, env, entrypoint: vec![entrypoint], working_dir: WORKING_DIR },
            // The layers are not compressed, so their digests serve for both
            // "diff id" and blob.
            rootfs: RootFs { r#type: "layers", diff_ids: vec![closure, program] },
            history: history.map(|created_by| History { created: CREATED, created_by }).into(),
        }
    }
}

impl Manifest {
    /// An image of this configuration and these layers, lowest first.
    pub fn new(config: Measure, layers: &[Measure]) -> Self {
        Self {
            schema_version: 2,
            media_type: MANIFEST,
            config: Descriptor::new(CONFIG, config),
            layers: layers.iter().map(|layer| Descriptor::new(LAYER, *layer)).collect(),
        }
    }
}

impl Index {
    /// An archive with this image under this full name.
    pub(crate) fn new(reference: &str, manifest: Measure) -> Self {
        let mut descriptor = Descriptor::new(MANIFEST, manifest);
        descriptor.platform = Some(Platform {
            architecture: program::architecture(),
            os: program::operating_system(),
        });
        descriptor.annotations =
            Some(Names { containerd: reference.to_owned(), oci: reference.to_owned() });
        Self { schema_version: 2, media_type: INDEX, manifests: [descriptor] }
    }
}

impl Descriptor {
    fn new(media_type: &'static str, Measure { digest, size }: Measure) -> Self {
        Self { media_type, digest, size, platform: None, annotations: None }
    }
}

impl DockerManifest {
    /// The same image under the same name, for older docker.
    pub(crate) fn new(reference: &str, config: Measure, layers: &[Measure]) -> Self {
        Self {
            config: blob_path(config.digest),
            repo_tags: [reference.to_owned()],
            layers: layers.iter().map(|layer| blob_path(layer.digest)).collect(),
        }
    }
}

/// The path of a blob in an archive.
pub fn blob_path(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// A document as the bytes that are hashed and written.
pub(crate) fn bytes(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("the documents of an image have no maps and no floats")
}
