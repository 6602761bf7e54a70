use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;

use insta::assert_snapshot;
use serde_json::Value;

use super::*;
use crate::{Digest, ImageName, write_archive};

const REFERENCE: &str = "localhost/mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80";
const ANOTHER: &str = "localhost/mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.2";

/// Stands for the reference that only a run makes.
struct Reference(&'static str);

impl ImageName for Reference {}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The files of a tar by path, after a look at what must not vary.
fn unpack(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(bytes);
    let mut files = BTreeMap::new();
    let mut last = String::new();
    for entry in archive.entries().unwrap().raw(true) {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let header = entry.header().clone();
        assert!(path > last, "{path} after {last}");
        assert_eq!(header.mtime().unwrap(), 0);
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        path.clone_into(&mut last);
        match header.entry_type() {
            tar::EntryType::Directory => {}
            tar::EntryType::Regular => {
                let mut contents = Vec::new();
                entry.read_to_end(&mut contents).unwrap();
                files.insert(path, contents);
            }
            other => panic!("{path} is {other:?}"),
        }
    }
    files
}

fn blob<'a>(files: &'a BTreeMap<String, Vec<u8>>, digest: &Value) -> &'a [u8] {
    let digest: Digest = digest.as_str().unwrap().parse().unwrap();
    &files[&format!("blobs/sha256/{}", digest.hex())]
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// The chain that engines follow, from the index to the binary: archive,
/// stream and file agree.
#[test]
fn the_archive_holds_what_the_digests_name() {
    let binary = dynamic_program();
    let contents = contents(&binary, "mail").unwrap();
    let files = unpack(&write_archive(&contents, &Reference(REFERENCE), Vec::new()).unwrap());
    let expected = digests(&binary, "mail").unwrap();

    let mut blobs = 0;
    for (path, bytes) in &files {
        if let Some(hex) = path.strip_prefix("blobs/sha256/") {
            assert_eq!(Digest::of(bytes).hex(), hex);
            blobs += 1;
        }
    }
    assert_eq!((blobs, files.len()), (4, 7));
    assert_eq!(files["oci-layout"], br#"{"imageLayoutVersion":"1.0.0"}"#);

    let index = json(&files["index.json"]);
    let entry = &index["manifests"][0];
    assert_eq!(entry["digest"], expected.manifest.to_string());
    assert_eq!(entry["annotations"]["io.containerd.image.name"], REFERENCE);
    assert_eq!(entry["annotations"]["org.opencontainers.image.ref.name"], REFERENCE);

    let manifest = blob(&files, &entry["digest"]);
    assert_eq!(entry["size"], manifest.len());
    let manifest = json(manifest);
    assert_eq!(manifest["config"]["digest"], expected.config.to_string());
    let config = blob(&files, &manifest["config"]["digest"]);
    assert_eq!(manifest["config"]["size"], config.len());
    let config = json(config);
    let layers = Vec::from_iter(manifest["layers"].as_array().unwrap());
    for (layer, diff_id) in layers.iter().zip(config["rootfs"]["diff_ids"].as_array().unwrap()) {
        assert_eq!(&layer["digest"], diff_id);
        assert_eq!(layer["size"], blob(&files, &layer["digest"]).len());
    }

    let closure = unpack(blob(&files, &layers[0]["digest"]));
    assert!(closure.contains_key("etc/passwd"));
    let program = unpack(blob(&files, &layers[1]["digest"]));
    assert_eq!(Vec::from_iter(program.keys()), ["usr/local/bin/mail"]);
    assert_eq!(config["config"]["Entrypoint"][0], "/usr/local/bin/mail");
    assert!(program["usr/local/bin/mail"] == std::fs::read(&binary).unwrap());
    assert_eq!(Digest::of(&program["usr/local/bin/mail"]), expected.executable);

    // The other reading of the same file, by older docker.
    let docker = &json(&files["manifest.json"])[0];
    assert_eq!(docker["RepoTags"][0], REFERENCE);
    assert_eq!(docker["Config"], format!("blobs/sha256/{}", expected.config.hex()));
    for (layer, path) in layers.iter().zip(docker["Layers"].as_array().unwrap()) {
        assert_eq!(path.as_str().unwrap().replace("blobs/sha256/", "sha256:"), layer["digest"]);
    }
}

#[test]
fn a_name_appears_in_the_two_indexes_alone() {
    let folder = Folder::new();
    let contents = contents(&folder.write("program", static_program(b"code")), "mail").unwrap();
    let write = |name| write_archive(&contents, &Reference(name), Vec::new()).unwrap();
    assert_eq!(write(REFERENCE), write(REFERENCE));

    let (one, other) = (unpack(&write(REFERENCE)), unpack(&write(ANOTHER)));
    let differing = one.iter().filter(|(path, bytes)| &other[*path] != *bytes);
    let differing = Vec::from_iter(differing.map(|(path, _)| path));
    assert_eq!(differing, ["index.json", "manifest.json"]);
}

#[test]
fn a_program_that_changed_since_it_was_named_is_not_archived() {
    let folder = Folder::new();
    let path = folder.write("program", static_program(b"code"));
    let contents = contents(&path, "mail").unwrap();
    let layer = contents.layers[1].1.digest.to_string();
    let refused = || {
        let error =
            write_archive(&contents, &Reference(REFERENCE), Vec::new()).unwrap_err().to_string();
        let error = error.replace(path.as_str(), "<program>").replace(&layer, "<layer>");
        let (_, other) = error.split_once(" and is ").unwrap();
        error.replace(&other[..layer.len()], "<other>")
    };

    folder.write("program", static_program(b"cOde"));
    let changed = refused();
    assert_snapshot!(changed, @r"
    a file changed after its image was named: the layer should be <layer> and is <other>
    hint: nothing may write to these while a run builds: `<program>`
    ");
    folder.write("program", static_program(&[0; 4096]));
    assert_eq!(refused(), changed);
}
