//! The JSON documents of an image.
//!
//! Only what is written is modelled. Fields are written in the order in
//! which they are listed, so the bytes are determined; a field added or moved here
//! changes every digest.

use onetag_json::{Serialize, Serializer, record, serde_core::ser::SerializeMap as _};

use super::digest::Digest;
use super::layer::{Measure, WORKING_DIR};
use super::program;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The contents of the file `oci-layout`.
pub(crate) const OCI_LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// A fixed time, because the true one would change the digest; not left out,
/// because engines show its absence as year 1.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// How to run the image: the OCI image configuration.
#[derive(Debug)]
pub struct ImageConfig {
    created: &'static str,
    architecture: &'static str,
    os: &'static str,
    config: Process,
    rootfs: RootFs,
    history: Vec<History>,
}
record!(write ImageConfig { created, architecture, os, config, rootfs, history });

/// Field names are docker's, whence the upper case.
#[derive(Debug)]
struct Process {
    user: &'static str,
    env: Vec<String>,
    entrypoint: Vec<String>,
    working_dir: &'static str,
}
record!(write Process {
    user as "User",
    env as "Env",
    entrypoint as "Entrypoint",
    working_dir as "WorkingDir",
});

#[derive(Debug)]
struct RootFs {
    r#type: &'static str,
    diff_ids: Vec<Digest>,
}
record!(write RootFs { r#type as "type", diff_ids });

/// What engines show for each layer.
#[derive(Debug)]
struct History {
    created: &'static str,
    created_by: &'static str,
}
record!(write History { created, created_by });

/// Which blobs make up the image: the OCI image manifest.
#[derive(Debug)]
pub struct Manifest {
    schema_version: u32,
    media_type: &'static str,
    config: Descriptor,
    layers: Vec<Descriptor>,
}
record!(write Manifest {
    schema_version as "schemaVersion",
    media_type as "mediaType",
    config,
    layers,
});

/// The one entry of an archive, with its name: the OCI image index.
#[derive(Debug)]
pub struct Index {
    schema_version: u32,
    media_type: &'static str,
    manifests: [Descriptor; 1],
}
record!(write Index {
    schema_version as "schemaVersion",
    media_type as "mediaType",
    manifests,
});

#[derive(Debug)]
struct Descriptor {
    media_type: &'static str,
    digest: Digest,
    size: u64,
    platform: Option<Platform>,
    annotations: Option<Names>,
}

impl Serialize for Descriptor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("mediaType", self.media_type)?;
        object.serialize_entry("digest", &self.digest)?;
        object.serialize_entry("size", &self.size)?;
        // Elsewhere none is null; a descriptor without them has no such keys.
        if let Some(platform) = &self.platform {
            object.serialize_entry("platform", platform)?;
        }
        if let Some(annotations) = &self.annotations {
            object.serialize_entry("annotations", annotations)?;
        }
        object.end()
    }
}

#[derive(Debug)]
struct Platform {
    architecture: &'static str,
    os: &'static str,
}
record!(write Platform { architecture, os });

/// Both hold the full name: containerd reads the first and would invent a name
/// without it, podman reads the second and takes a bare tag for a repository.
#[derive(Debug)]
struct Names {
    containerd: String,
    oci: String,
}
record!(write Names {
    containerd as "io.containerd.image.name",
    oci as "org.opencontainers.image.ref.name",
});

/// The one entry of a docker archive's `manifest.json`.
#[derive(Debug)]
pub struct DockerManifest {
    config: String,
    repo_tags: [String; 1],
    layers: Vec<String>,
}
record!(write DockerManifest {
    config as "Config",
    repo_tags as "RepoTags",
    layers as "Layers",
});

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

/// Where a blob is in an archive.
pub fn blob_path(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// The bytes of a document, as they are hashed and written.
pub(crate) fn bytes(document: &impl Serialize) -> Vec<u8> {
    onetag_json::to_string(document).into_bytes()
}
