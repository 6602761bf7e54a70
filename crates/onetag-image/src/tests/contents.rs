use super::*;
use crate::digest::hash_file;
use crate::{Digest, Files};

#[test]
fn the_same_program_has_the_same_digests_wherever_it_is() {
    let folder = Folder::new();
    let here = folder.write("here", static_program(b"code"));
    let there = folder.write("there", static_program(b"code"));
    let first = digests(&here, "mail").unwrap();
    assert_eq!(digests(&here, "mail").unwrap(), first);
    assert_eq!(digests(&there, "mail").unwrap(), first);
}

#[test]
fn one_byte_more_or_less_alike_changes_every_digest() {
    let folder = Folder::new();
    let one = digests(&folder.write("one", static_program(b"code")), "mail").unwrap();
    let other = digests(&folder.write("other", static_program(b"cOde")), "mail").unwrap();
    assert_ne!(one.config, other.config);
    assert_ne!(one.manifest, other.manifest);
    assert_ne!(one.executable, other.executable);
}

#[test]
fn the_same_program_as_another_service_is_another_image() {
    let folder = Folder::new();
    let path = folder.write("program", static_program(b"code"));
    let (mail, post) = (digests(&path, "mail").unwrap(), digests(&path, "post").unwrap());
    assert_eq!(mail.executable, post.executable);
    assert_ne!(mail.config, post.config);
    assert_ne!(mail.manifest, post.manifest);
}

#[test]
fn an_edited_file_of_the_package_is_another_image_of_the_same_executable() {
    let folder = Folder::new();
    let binary = folder.write("program", static_program(b"code"));
    let digests = |text: &str| {
        folder.write("assets/page", text);
        let target = folder.path().join("target");
        let files = Files::of(folder.path(), &["assets".to_owned()], &target).unwrap();
        *contents_with(&binary, "mail", &files).unwrap().digests()
    };
    let (one, other) = (digests("one"), digests("two"));
    assert_eq!(one.executable, other.executable);
    assert_ne!(one.config, other.config);
    assert_ne!(one.manifest, other.manifest);
    assert_eq!(digests("one"), one);
}

#[test]
fn the_executable_is_hashed_as_it_is_on_disk() {
    let binary = dynamic_program();
    assert_eq!(digests(&binary, "mail").unwrap().executable, hash_file(&binary).unwrap());
}

#[test]
fn each_digest_and_no_other_is_contained() {
    let [config, manifest, executable, other] =
        [b"a", b"b", b"c", b"d"].map(|text| Digest::of(text));
    let digests = Digests { config, manifest, executable };
    assert!([config, manifest, executable].iter().all(|digest| digests.contains(digest)));
    assert!(!digests.contains(&other));

    let json = serde_json::to_string(&digests).unwrap();
    assert_eq!(serde_json::from_str::<Digests>(&json).unwrap(), digests);
}
