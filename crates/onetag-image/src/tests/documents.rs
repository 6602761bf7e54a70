use insta::assert_snapshot;
use serde::Serialize;

use crate::Digest;
use crate::layer::Measure;
use crate::manifest::{DockerManifest, ImageConfig, Index, Manifest};

const REFERENCE: &str = "localhost/mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80";

fn measure(text: &str) -> Measure {
    Measure { digest: Digest::of(text.as_bytes()), size: text.len() as u64 }
}

/// As it is written but for the breaks, and for what depends on this machine.
fn pretty(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).unwrap();
    let architecture = format!("{:?}", crate::program::architecture());
    let os = format!("{:?}", crate::program::operating_system());
    text.replace(&architecture, "<architecture>").replace(&os, "<os>")
}

#[test]
fn config() {
    let env = vec!["PATH=/usr/local/bin".to_owned()];
    let (closure, program) = (measure("closure").digest, measure("program").digest);
    let config =
        ImageConfig::new("65532:65532", env, "/usr/local/bin/mail".to_owned(), closure, program);
    assert_snapshot!(pretty(&config), @r#"
    {
      "created": "1970-01-01T00:00:00Z",
      "architecture": <architecture>,
      "os": <os>,
      "config": {
        "User": "65532:65532",
        "Env": [
          "PATH=/usr/local/bin"
        ],
        "Entrypoint": [
          "/usr/local/bin/mail"
        ],
        "WorkingDir": "/app"
      },
      "rootfs": {
        "type": "layers",
        "diff_ids": [
          "sha256:6d4cb937d6d22521566bba561458d0d1952df6df7a80e46ef5dab9014fbc3557",
          "sha256:1310ca2c8932dbd118668bd97442558a3e1f546b5e15c69699dfbd6024f548d8"
        ]
      },
      "history": [
        {
          "created": "1970-01-01T00:00:00Z",
          "created_by": "onetag: closure"
        },
        {
          "created": "1970-01-01T00:00:00Z",
          "created_by": "onetag: program"
        }
      ]
    }
    "#);
}

#[test]
fn manifest() {
    let manifest = Manifest::new(measure("config"), &[measure("closure"), measure("program")]);
    assert_snapshot!(pretty(&manifest), @r#"
    {
      "schemaVersion": 2,
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "config": {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": "sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910",
        "size": 6
      },
      "layers": [
        {
          "mediaType": "application/vnd.oci.image.layer.v1.tar",
          "digest": "sha256:6d4cb937d6d22521566bba561458d0d1952df6df7a80e46ef5dab9014fbc3557",
          "size": 7
        },
        {
          "mediaType": "application/vnd.oci.image.layer.v1.tar",
          "digest": "sha256:1310ca2c8932dbd118668bd97442558a3e1f546b5e15c69699dfbd6024f548d8",
          "size": 7
        }
      ]
    }
    "#);
}

#[test]
fn index() {
    assert_snapshot!(pretty(&Index::new(REFERENCE, measure("manifest"))), @r#"
    {
      "schemaVersion": 2,
      "mediaType": "application/vnd.oci.image.index.v1+json",
      "manifests": [
        {
          "mediaType": "application/vnd.oci.image.manifest.v1+json",
          "digest": "sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f",
          "size": 8,
          "platform": {
            "architecture": <architecture>,
            "os": <os>
          },
          "annotations": {
            "io.containerd.image.name": "localhost/mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80",
            "org.opencontainers.image.ref.name": "localhost/mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80"
          }
        }
      ]
    }
    "#);
}

#[test]
fn docker_manifest() {
    let layers = [measure("closure"), measure("program")];
    assert_snapshot!(pretty(&[DockerManifest::new(REFERENCE, measure("config"), &layers)]), @r#"
    [
      {
        "Config": "blobs/sha256/b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910",
        "RepoTags": [
          "localhost/mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80"
        ],
        "Layers": [
          "blobs/sha256/6d4cb937d6d22521566bba561458d0d1952df6df7a80e46ef5dab9014fbc3557",
          "blobs/sha256/1310ca2c8932dbd118668bd97442558a3e1f546b5e15c69699dfbd6024f548d8"
        ]
      }
    ]
    "#);
}
