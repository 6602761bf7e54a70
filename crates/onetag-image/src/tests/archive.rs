use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;

use insta::assert_snapshot;
use oci_spec::image::{
    Arch, Descriptor, ImageConfiguration, ImageIndex, ImageManifest, MediaType, OciLayout,
};
use serde_json::Value;

use super::*;
use crate::closure::USER;
use crate::{Digest, Files, ImageName, write_archive};

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

/// What a descriptor names.
fn blob<'a>(files: &'a BTreeMap<String, Vec<u8>>, descriptor: &Descriptor) -> &'a [u8] {
    let bytes = &files[&format!("blobs/sha256/{}", descriptor.digest().digest())];
    assert_eq!(descriptor.size(), bytes.len() as u64);
    assert_eq!(descriptor.digest().to_string(), Digest::of(bytes).to_string());
    bytes
}

/// The chain that engines follow, from the index to the binary, as another
/// implementation reads it: archive, stream and file agree.
#[test]
fn the_archive_holds_what_the_digests_name() {
    let binary = dynamic_program();
    let contents = contents(&binary, "mail").unwrap();
    let files = unpack(&write_archive(&contents, &Reference(REFERENCE), Vec::new()).unwrap());
    let expected = digests(&binary, "mail").unwrap();

    assert_eq!(files.keys().filter(|path| path.starts_with("blobs/sha256/")).count(), 4);
    assert_eq!(files.len(), 7);
    let layout = OciLayout::from_reader(&files["oci-layout"][..]).unwrap();
    assert_eq!(layout.image_layout_version(), "1.0.0");

    let index = ImageIndex::from_reader(&files["index.json"][..]).unwrap();
    assert_eq!(index.schema_version(), 2);
    assert_eq!(index.media_type(), &Some(MediaType::ImageIndex));
    let [entry] = &index.manifests()[..] else { panic!("{index:?}") };
    assert_eq!(entry.media_type(), &MediaType::ImageManifest);
    assert_eq!(entry.digest().to_string(), expected.manifest.to_string());
    let annotations = entry.annotations().as_ref().unwrap();
    assert_eq!(annotations["io.containerd.image.name"], REFERENCE);
    assert_eq!(annotations["org.opencontainers.image.ref.name"], REFERENCE);

    let manifest = ImageManifest::from_reader(blob(&files, entry)).unwrap();
    assert_eq!(manifest.schema_version(), 2);
    assert_eq!(manifest.media_type(), &Some(MediaType::ImageManifest));
    assert_eq!(manifest.config().media_type(), &MediaType::ImageConfig);
    assert_eq!(manifest.config().digest().to_string(), expected.config.to_string());

    let config = ImageConfiguration::from_reader(blob(&files, manifest.config())).unwrap();
    let platform = entry.platform().as_ref().unwrap();
    assert_eq!((config.architecture(), config.os()), (platform.architecture(), platform.os()));
    assert!(!matches!(config.architecture(), Arch::Other(_)), "{config:?}");
    let process = config.config().as_ref().unwrap();
    assert_eq!(process.user().as_deref(), Some(USER));
    assert_eq!(process.working_dir().as_deref(), Some("/app"));
    assert_eq!(process.entrypoint().as_deref().unwrap(), ["/usr/local/bin/mail"]);
    assert!(process.env().as_ref().unwrap().contains(&"PATH=/usr/local/bin".to_owned()));

    let [closure, program] = &manifest.layers()[..] else { panic!("{manifest:?}") };
    assert_eq!(closure.media_type(), &MediaType::ImageLayer);
    assert_eq!(program.media_type(), &MediaType::ImageLayer);
    let diff_ids = [closure.digest().to_string(), program.digest().to_string()];
    assert_eq!(config.rootfs().diff_ids(), &diff_ids);
    assert!(unpack(blob(&files, closure)).contains_key("etc/passwd"));
    let upper = unpack(blob(&files, program));
    assert_eq!(Vec::from_iter(upper.keys()), ["usr/local/bin/mail"]);
    assert!(upper["usr/local/bin/mail"] == std::fs::read(&binary).unwrap());
    assert_eq!(Digest::of(&upper["usr/local/bin/mail"]), expected.executable);

    // The other reading of the same file, by older docker.
    let docker: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let docker = &docker[0];
    assert_eq!(docker["RepoTags"][0], REFERENCE);
    assert_eq!(docker["Config"], format!("blobs/sha256/{}", expected.config.hex()));
    let paths = diff_ids.map(|digest| digest.replace("sha256:", "blobs/sha256/"));
    assert_eq!(docker["Layers"], serde_json::json!(paths));
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
        let refused = write_archive(&contents, &Reference(REFERENCE), Vec::new());
        let error = shown(&refused.unwrap_err());
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

#[test]
fn what_was_measured_before_is_read_when_it_is_written_only() {
    let folder = Folder::new();
    let binary = folder.write("program", static_program(b"code"));
    let before = contents(&binary, "mail").unwrap();
    folder.write("program", static_program(b"edit"));
    let (files, hash) = (Files::default(), before.digests().executable);
    let measures = Some(before.measures());
    let again = Contents::with_files(&binary, hash, "mail", &files, &run_loader, measures).unwrap();
    assert_eq!(again.digests(), before.digests());
    let refused = write_archive(&again, &Reference(REFERENCE), Vec::new()).unwrap_err();
    assert!(shown(&refused).starts_with("a file changed after its image was named"), "{refused}");
}

#[test]
fn the_program_and_nine_of_many_files_that_may_have_changed_are_named() {
    let folder = Folder::new();
    let binary = folder.write("program", static_program(b"code"));
    for number in 10..30 {
        folder.write(&format!("assets/{number}"), "");
    }
    let target = folder.path().join("target");
    let files = Files::of(folder.path(), &["assets".to_owned()], &target).unwrap();
    let contents = contents_with(&binary, "mail", &files).unwrap();
    folder.write("assets/29", "edited");
    let error = write_archive(&contents, &Reference(REFERENCE), Vec::new()).unwrap_err();
    let error = shown(&error);
    assert!(error.contains(&format!("builds: `{binary}`, ")), "{error}");
    assert!(error.ends_with("assets/21`, and 11 more"), "{error}");
}
